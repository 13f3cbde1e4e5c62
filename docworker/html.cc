#include "docworker/html.h"

#include <libxml/HTMLparser.h>

#include <algorithm>
#include <array>
#include <exception>
#include <memory>
#include <utility>
#include <vector>

#include "base/text.h"
#include "docworker/ordinal.h"

namespace trine::docworker {
namespace {

using Rows = std::vector<std::vector<std::string>>;

std::string_view view(const xmlChar* s) {
  return s == nullptr ? std::string_view() : std::string_view(reinterpret_cast<const char*>(s));
}

template <size_t N>
bool is_one_of(std::string_view name, const std::array<std::string_view, N>& names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string_view html_attribute(const xmlChar** attributes, std::string_view name) {
  for (; attributes != nullptr && attributes[0] != nullptr; attributes += 2)
    if (view(attributes[0]) == name) return view(attributes[1]);
  return {};
}

bool has(const xmlChar** attributes, std::string_view name) {
  for (; attributes != nullptr && attributes[0] != nullptr; attributes += 2)
    if (view(attributes[0]) == name) return true;
  return false;
}

bool is_hidden(const xmlChar** attributes) {
  if (has(attributes, "hidden")) return true;
  std::string style(html_attribute(attributes, "style"));
  std::erase_if(style, [](char c) { return c == ' ' || c == '\t' || c == '\n'; });
  std::transform(style.begin(), style.end(), style.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
  return style.find("display:none") != std::string::npos || style.find("visibility:hidden") != std::string::npos;
}

constexpr std::array<std::string_view, 9> kSilent = {"script", "style",  "head",   "template", "noscript",
                                                     "svg",    "object", "iframe", "datalist"};
constexpr std::array<std::string_view, 29> kBlocks = {
    "p",       "div", "section", "article", "header",  "footer", "main",   "aside",    "nav",    "blockquote",
    "address", "ul",  "ol",      "dl",      "dt",      "dd",     "form",   "fieldset", "figure", "figcaption",
    "pre",     "hr",  "caption", "details", "summary", "legend", "center", "menu",     "hgroup"};

// Of an ordered list: what stands before its items.
struct List {
  List(bool ordered, const xmlChar** attributes) : numbered(ordered) {
    if (!ordered) return;
    at = parse_int(trim(html_attribute(attributes, "start"))).value_or(1);
    const auto type = html_attribute(attributes, "type");
    capital = type == "A" || type == "I";
    if (type == "a" || type == "A") form = Ordinal::letter;
    if (type == "i" || type == "I") form = Ordinal::roman;
  }
  std::string next(std::string_view value) {
    at = std::clamp<int64_t>(parse_int(trim(value)).value_or(at), -1'000'000'000, 1'000'000'000);
    return ordinal(at++, form, capital) + ". ";
  }
  bool numbered, capital = false;
  Ordinal form = Ordinal::decimal;
  int64_t at = 1;
};

// Follows the parser's events. One table is open at a time: one inside another shows that the outer one is layout.
class Shown {
 public:
  explicit Shown(Output& out) : out_(out) {}

  void start(std::string_view name, const xmlChar** attributes) {
    ++depth_;
    out_.budget().objects();
    out_.budget().depth(depth_ / 4);  // pages nest deeper than documents: every div counts
    if (silent_from_ > 0) return;
    if (is_one_of(name, kSilent) || is_hidden(attributes)) {
      silent_from_ = depth_;
      return;
    }
    if (name == "br") {
      text_ += in_cell_ ? ' ' : '\n';
    } else if (name == "table") {
      if (in_table_) spread();
      flush();
      in_table_ = true;
    } else if (name == "tr") {
      if (in_table_) {
        end_cell();
        rows_.emplace_back();
      } else {
        flush();
      }
    } else if (name == "td" || name == "th") {
      if (in_table_) {
        end_cell();
        flush();  // a caption
        begin_cell(attributes);
      } else {
        beside_ = true;
      }
    } else if (name == "sup") {
      raised_from_ = text_.size();
    } else if (name == "li") {
      flush();
      kind_ = Block::Kind::list_item;
      level_ = static_cast<int>(std::max<size_t>(1, lists_.size())) - 1;
      if (!lists_.empty() && lists_.back().numbered) number_ = lists_.back().next(html_attribute(attributes, "value"));
    } else if (name == "ul" || name == "ol") {
      flush();
      lists_.emplace_back(name == "ol", attributes);
    } else if (name.size() == 2 && name[0] == 'h' && name[1] >= '1' && name[1] <= '6') {
      flush();
      kind_ = Block::Kind::heading;
      level_ = name[1] - '0';
    } else if (name == "img") {
      if (const auto alt = html_attribute(attributes, "alt"); !alt.empty()) {
        begin_text();
        (text_ += alt) += ' ';
      }
    } else if (name == "input") {
      input(attributes);
    } else if (name == "pre") {
      flush();
      ++pre_;
    } else if (is_one_of(name, kBlocks)) {
      flush();
    }
  }

  void end(std::string_view name) {
    if (silent_from_ > 0) {
      if (depth_ == silent_from_) silent_from_ = 0;
      --depth_;
      return;
    }
    --depth_;
    if (name == "table") {
      end_cell();
      if (in_table_) return end_table();
      flush();
    } else if (name == "tr" || name == "td" || name == "th") {
      end_cell();
      if (!in_table_ && name == "tr") flush();
    } else if (name == "sup") {
      mark_raised(text_, std::exchange(raised_from_, 0));
    } else if (name == "ul" || name == "ol") {
      flush();
      if (!lists_.empty()) lists_.pop_back();
    } else if (name == "pre") {
      flush();
      pre_ = std::max(0, pre_ - 1);
    } else if (name == "li" || name == "option" || is_one_of(name, kBlocks) ||
               (name.size() == 2 && name[0] == 'h' && name[1] != 'r')) {
      if (name == "option")
        text_ += ' ';
      else
        flush();
      if (name == "li") number_.clear();  // of an item without text
    }
  }

  void characters(std::string_view s) {
    if (silent_from_ > 0) return;
    if (text_.size() + s.size() > static_cast<size_t>(out_.budget().limits().text_bytes)) stop(Problem::too_much_text);
    if (s.find_first_not_of(" \n\t\r\f") != std::string_view::npos) begin_text();
    if (pre_ > 0) {
      text_ += s;
      return;
    }
    for (const char c : s) {
      const bool blank = c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f';
      if (!blank) {
        text_ += c;
      } else if (!text_.empty() && text_.back() != ' ' && text_.back() != '\n') {
        text_ += ' ';
      }
    }
  }

  void finish() {
    end_cell();
    if (in_table_) end_table();
    flush();
  }

 private:
  // A cell beside another in a table that turned out to be layout stays in its line; an item has its number.
  void begin_text() {
    if (std::exchange(beside_, false) && !text_.empty()) text_ += '|';
    text_ += std::exchange(number_, {});
  }

  void input(const xmlChar** attributes) {
    const auto type = html_attribute(attributes, "type");
    if (type == "hidden" || type == "submit" || type == "button" || type == "password") return;
    if (type == "checkbox" || type == "radio") {
      begin_text();
      text_ += has(attributes, "checked") ? "[x] " : "[ ] ";
    } else if (const auto value = html_attribute(attributes, "value"); !value.empty()) {
      begin_text();
      (text_ += value) += ' ';
    }
  }

  void flush() {
    if (in_cell_) {  // blocks in a cell: one after the other
      if (!text_.empty() && text_.back() != ' ') text_ += ' ';
      return;
    }
    if (text_.find_first_not_of(" \n") != std::string::npos) out_.add({kind_, level_, std::move(text_), {}});
    text_.clear();
    beside_ = false;
    kind_ = Block::Kind::paragraph;
    level_ = 0;
  }

  void end_cell() {
    if (!std::exchange(in_cell_, false)) return;
    const size_t end = text_.find_last_not_of(' ');
    text_.resize(end == std::string::npos ? 0 : end + 1);
    const size_t column = rows_.back().size();
    out_.budget().objects(static_cast<int64_t>(columns_));
    rows_.back().push_back(std::move(text_));
    rows_.back().resize(column + columns_);
    if (from_above_.size() < column + columns_) from_above_.resize(column + columns_);
    std::fill_n(from_above_.begin() + static_cast<ptrdiff_t>(column), columns_, rows_.size() - 1 + rows_down_);
    text_.clear();
    kind_ = Block::Kind::paragraph;
  }

  // Cells beside those that are merged stay in their columns.
  void begin_cell(const xmlChar** attributes) {
    if (rows_.empty()) rows_.emplace_back();
    auto& row = rows_.back();
    while (row.size() < from_above_.size() && from_above_[row.size()] >= rows_.size()) {
      out_.budget().objects();
      row.emplace_back();
    }
    const auto span = [&](const char* name, int64_t most) {
      return static_cast<size_t>(
          std::clamp<int64_t>(parse_int(trim(html_attribute(attributes, name))).value_or(1), 1, most));
    };
    columns_ = span("colspan", 1000);
    rows_down_ = span("rowspan", 65534);
    in_cell_ = true;
  }

  // The table turned out to be layout: what is in its cells so far is paragraphs.
  void spread() {
    end_cell();
    in_table_ = false;
    for (auto& row : rows_)
      for (auto& cell : row) out_.paragraph(std::move(cell));
    rows_.clear();
    from_above_.clear();
  }

  void end_table() {
    in_table_ = false;
    std::vector<bool> used;
    for (const auto& row : rows_) {
      used.resize(std::max(used.size(), row.size()));
      for (size_t i = 0; i < row.size(); ++i) used[i] = used[i] || !row[i].empty();
    }
    if (std::count(used.begin(), used.end(), true) < 2) return spread();
    for (auto& row : rows_) {  // without the columns that only merged cells have
      size_t to = 0;
      for (size_t i = 0; i < row.size(); ++i)
        if (used[i] && to++ != i) row[to - 1] = std::move(row[i]);
      row.resize(to);
    }
    out_.table(std::move(rows_));
    rows_.clear();
    from_above_.clear();
  }

  Output& out_;
  std::string text_;
  Block::Kind kind_ = Block::Kind::paragraph;
  int level_ = 0;
  Rows rows_;
  bool in_table_ = false, in_cell_ = false;
  bool beside_ = false;                 // of a cell of no table, before its text
  std::string number_;                  // of an item, before its text
  size_t columns_ = 1, rows_down_ = 1;  // of the cell
  std::vector<size_t> from_above_;      // of each column: before which row a cell above ends
  std::vector<List> lists_;
  size_t raised_from_ = 0;
  int pre_ = 0;
  int64_t depth_ = 0, silent_from_ = 0;
};

// libxml2 is C: no exception may pass through it, so the first one is kept and the parser stopped.
struct Events {
  Shown shown;
  htmlParserCtxtPtr parser = nullptr;
  std::exception_ptr thrown;

  template <class Do>
  static void guarded(void* self, Do&& act) {
    auto& events = *static_cast<Events*>(self);
    if (events.thrown) return;
    try {
      act(events.shown);
    } catch (...) {
      events.thrown = std::current_exception();
      xmlStopParser(events.parser);
    }
  }
};

}  // namespace

std::string html_charset(std::string_view bytes) {
  std::string head(bytes.substr(0, 1024));
  std::transform(head.begin(), head.end(), head.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
  size_t at = head.find("charset=");
  if (at == std::string::npos) return {};
  at = head.find_first_not_of("\"' ", at + 8);
  if (at == std::string::npos) return {};
  return head.substr(at, head.find_first_of("\"' />;", at) - at);
}

void read_html(std::string_view utf8, Output& out) {
  Events events{Shown(out), nullptr, nullptr};
  htmlSAXHandler sax{};
  sax.startElement = [](void* self, const xmlChar* name, const xmlChar** attributes) {
    Events::guarded(self, [&](Shown& s) { s.start(view(name), attributes); });
  };
  sax.endElement = [](void* self, const xmlChar* name) { Events::guarded(self, [&](Shown& s) { s.end(view(name)); }); };
  sax.characters = [](void* self, const xmlChar* text, int size) {
    Events::guarded(self, [&](Shown& s) {
      s.characters({reinterpret_cast<const char*>(text), static_cast<size_t>(size)});
    });
  };
  sax.ignorableWhitespace = sax.characters;
  const std::unique_ptr<htmlParserCtxt, void (*)(htmlParserCtxtPtr)> parser(
      htmlCreatePushParserCtxt(&sax, &events, nullptr, 0, nullptr, XML_CHAR_ENCODING_UTF8), htmlFreeParserCtxt);
  if (parser == nullptr) throw std::bad_alloc();
  events.parser = parser.get();
  htmlCtxtUseOptions(parser.get(), HTML_PARSE_RECOVER | HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING | HTML_PARSE_NONET |
                                       HTML_PARSE_IGNORE_ENC);
  constexpr size_t kPiece = 1 << 16;
  for (size_t at = 0; at < utf8.size() && !events.thrown; at += kPiece) {
    const auto piece = utf8.substr(at, kPiece);
    htmlParseChunk(parser.get(), piece.data(), static_cast<int>(piece.size()), 0);
  }
  if (!events.thrown) htmlParseChunk(parser.get(), nullptr, 0, 1);
  if (events.thrown) std::rethrow_exception(events.thrown);
  events.shown.finish();
}

}  // namespace trine::docworker
