#include "observe/dashboards/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "base/text.h"
#include "observe/dashboards/board.h"
#include "observe/families.h"

namespace trine::observe {
namespace {

using Json = nlohmann::json;

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == ':';
}

bool is_ours(std::string_view name) {
  return name.starts_with("trine_") || name.starts_with("gen_ai_") || name.starts_with("process_");
}

// The row of a series' name, with or without a histogram's suffix.
const Family* family_of(std::string_view series) {
  for (const Family& f : families()) {
    if (f.kind != Kind::histogram) {
      if (series == f.name) return &f;
      continue;
    }
    if (!series.starts_with(f.name)) continue;
    const std::string_view suffix = series.substr(std::string_view(f.name).size());
    if (suffix == "_bucket" || suffix == "_sum" || suffix == "_count") return &f;
  }
  return nullptr;
}

bool has_label(const Family& f, std::string_view label) {
  if (label == "job" || label == "instance" || (label == "le" && f.kind == Kind::histogram)) return true;
  std::string_view rest = f.labels;
  while (!rest.empty()) {
    const size_t comma = std::min(rest.find(','), rest.size());
    if (trim(rest.substr(0, comma)) == label) return true;
    rest.remove_prefix(std::min(comma + 1, rest.size()));
  }
  return false;
}

// Reads the query from left to right; it need not be whole PromQL, Prometheus itself says whether it is.
class QueryReader {
 public:
  explicit QueryReader(std::string_view text) : text_(text) {}

  std::vector<std::string> read() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '"') {
        skip_text();
      } else if (c == '$') {
        ++at_;
        (void)word();
      } else if (is_word(c) && !(c >= '0' && c <= '9')) {
        name(word());
      } else {
        if (c == '(') functions_.push_back(std::exchange(pending_, {}));
        if (c == ')' && !functions_.empty()) functions_.pop_back();
        ++at_;
      }
    }
    for (const std::string_view label : grouped_)
      if (metrics_ > 0 && !labels_.contains(label) && label != "job" && label != "instance")
        complain("it groups by {}, which none of its metrics has", label);
    return std::move(complaints_);
  }

 private:
  template <class... A>
  void complain(fmt::format_string<A...> text, A&&... args) {
    complaints_.push_back(fmt::format(text, std::forward<A>(args)...));
  }

  std::string_view word() {
    const size_t begin = at_;
    while (at_ < text_.size() && is_word(text_[at_])) ++at_;
    return text_.substr(begin, at_ - begin);
  }
  void blanks() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n')) ++at_;
  }
  char next() {
    blanks();
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  void skip_text() {
    for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_)
      if (text_[at_] == '\\') ++at_;
    at_ = std::min(at_ + 1, text_.size());
  }

  void name(std::string_view w) {
    if (w == "by" || w == "without" || w == "on" || w == "ignoring" || w == "group_left" || w == "group_right") {
      if (next() == '(') label_list(w == "by");
      return;
    }
    if (next() == '(') {
      pending_ = w;
      return;
    }
    if (is_ours(w)) metric(w);
  }

  void label_list(bool grouping) {
    for (++at_; at_ < text_.size() && text_[at_] != ')';) {
      if (!is_word(text_[at_])) {
        ++at_;
        continue;
      }
      const std::string_view label = word();
      if (grouping) grouped_.push_back(label);
    }
    at_ = std::min(at_ + 1, text_.size());
  }

  void metric(std::string_view series) {
    const Family* f = family_of(series);
    if (!f) {
      complain("there is no metric {}", series);
      return;
    }
    ++metrics_;
    std::string_view rest = f->labels;
    while (!rest.empty()) {
      const size_t comma = std::min(rest.find(','), rest.size());
      labels_.insert(trim(rest.substr(0, comma)));
      rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
    if (f->kind == Kind::histogram) labels_.insert("le");
    if (next() == '{') selector(*f, series);
    const bool in_range = next() == '[';
    const std::string_view function = functions_.empty() ? std::string_view() : functions_.back();
    const bool differences = function == "rate" || function == "increase" || function == "irate";
    const bool counts = f->kind != Kind::gauge;
    if (counts && in_range && !differences) complain("{} is a counter: ask for its rate or increase", series);
    if (!counts && differences) complain("{} is a gauge: {} says nothing of it", series, function);
    if (in_range) range(function, series);
  }

  void selector(const Family& f, std::string_view series) {
    for (++at_; at_ < text_.size() && text_[at_] != '}';) {
      if (text_[at_] == '"') {
        skip_text();
      } else if (is_word(text_[at_])) {
        const std::string_view label = word();
        if (!has_label(f, label)) complain("{} has no label {}", series, label);
      } else {
        ++at_;
      }
    }
    at_ = std::min(at_ + 1, text_.size());
  }

  // A rate over a fixed minute is empty as soon as somebody scrapes every minute.
  void range(std::string_view function, std::string_view series) {
    const size_t end = std::min(text_.find(']', at_), text_.size());
    const std::string_view width = text_.substr(at_ + 1, end > at_ ? end - at_ - 1 : 0);
    if (function == "rate" && !width.starts_with("$__"))
      complain("the rate of {} is over [{}]; use $__rate_interval", series, width);
    at_ = std::min(end + 1, text_.size());
  }

  std::string_view text_;
  size_t at_ = 0, metrics_ = 0;
  std::string_view pending_;
  std::vector<std::string_view> functions_, grouped_;
  std::set<std::string_view> labels_;
  std::vector<std::string> complaints_;
};

std::string text_of(const Json& j, const char* key) {
  const auto it = j.find(key);
  return it != j.end() && it->is_string() ? it->get<std::string>() : std::string();
}

struct Place {
  int x = 0, y = 0, w = 0, h = 0;
};

class BoardReader {
 public:
  explicit BoardReader(const Json& board) : board_(board) {}

  std::vector<std::string> read() {
    if (board_.value("schemaVersion", 0) != kSchemaVersion) complain("the board", "its schemaVersion is not 42");
    if (text_of(board_, "title").empty()) complain("the board", "it has no title");
    variables();
    const auto panels = board_.find("panels");
    if (panels == board_.end() || !panels->is_array() || panels->empty()) {
      complain("the board", "it has no panels");
      return std::move(complaints_);
    }
    for (const Json& p : *panels)
      if (p.is_object()) panel(p);
    return std::move(complaints_);
  }

 private:
  void complain(const std::string& where, const std::string& what) { complaints_.push_back(where + ": " + what + "."); }

  void variables() {
    const Json::json_pointer list("/templating/list");
    bool source = false;
    if (board_.contains(list) && board_[list].is_array())
      for (const Json& v : board_[list])
        if (v.is_object())
          source = source || (text_of(v, "type") == "datasource" && text_of(v, "name") == "datasource");
    if (!source) complain("the board", "it has no variable \"datasource\"");
  }

  void panel(const Json& p, bool folded = false) {
    const std::string title = text_of(p, "title");
    const std::string where = title.empty() ? "a panel" : "\"" + title + "\"";
    if (title.empty()) complain(where, "it has no title");
    if (const auto id = p.find("id"); id == p.end() || !id->is_number_integer() || !ids_.insert(id->get<int>()).second)
      complain(where, "its id is missing or another's");
    if (!folded) place(p, where);
    if (text_of(p, "type") == "row") {  // one that is folded up holds its panels
      if (const auto inner = p.find("panels"); inner != p.end() && inner->is_array())
        for (const Json& q : *inner)
          if (q.is_object() && text_of(q, "type") != "row") panel(q, true);
      return;
    }
    if (text_of(p, "description").empty()) complain(where, "it has no description");
    const Json::json_pointer unit("/fieldConfig/defaults/unit");
    if (!p.contains(unit) || !p[unit].is_string() || p[unit].get<std::string>().empty())
      complain(where, "it has no unit");
    source(p, where);
    const auto targets = p.find("targets");
    if (targets == p.end() || !targets->is_array() || targets->empty()) {
      complain(where, "it has no query");
      return;
    }
    std::set<std::string> refs;
    for (const Json& t : *targets) {
      if (!t.is_object()) continue;
      if (!refs.insert(text_of(t, "refId")).second) complain(where, "two queries have one refId");
      source(t, where);
      if (text_of(t, "legendFormat").empty()) complain(where, "a query has no legend");
      for (const std::string& c : complaints_of_query(text_of(t, "expr"))) complain(where, c);
    }
  }

  void source(const Json& j, const std::string& where) {
    const Json::json_pointer uid("/datasource/uid");
    if (!j.contains(uid) || j[uid] != "${datasource}")
      complain(where, "its data source is fixed; write ${datasource} so that others can use the board");
  }

  void place(const Json& p, const std::string& where) {
    const auto pos = p.find("gridPos");
    if (pos == p.end() || !pos->is_object()) return complain(where, "it has no place");
    const Place a{pos->value("x", -1), pos->value("y", -1), pos->value("w", 0), pos->value("h", 0)};
    if (a.x < 0 || a.y < 0 || a.w < 1 || a.h < 1 || a.x + a.w > kGridColumns)
      complain(where, "its place is off the grid");
    for (const Place& b : places_)
      if (a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h)
        return complain(where, "it lies over another panel");
    places_.push_back(a);
  }

  const Json& board_;
  std::set<int> ids_;
  std::vector<Place> places_;
  std::vector<std::string> complaints_;
};

}  // namespace

std::vector<std::string> complaints_of_query(std::string_view promql) {
  if (trim(promql).empty()) return {"a query is empty"};
  return QueryReader(promql).read();
}

Result<std::vector<std::string>> complaints_of_board(std::string_view text) {
  const Json board = Json::parse(text, nullptr, false);
  if (!board.is_object()) return fail(Code::invalid_argument, "it is no JSON object");
  try {
    return BoardReader(board).read();
  } catch (const Json::exception&) {  // a field of another type than Grafana's
    return fail(Code::invalid_argument, "it is not shaped like a dashboard");
  }
}

}  // namespace trine::observe
