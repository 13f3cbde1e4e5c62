#include "yaml/reader.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>

#include "base/text.h"

namespace trine::yaml {
namespace {

// A value as an error may show it: short, without control characters, without the password of a URL.
std::string shown(std::string_view raw) {
  std::string text(raw);
  if (const size_t scheme = text.find("://"); scheme != std::string::npos) {
    const size_t begin = scheme + 3;
    const size_t at = text.rfind('@');
    if (at != std::string::npos && at > begin) text.replace(begin, at - begin, "***");
  }
  if (text.size() > 80) text = text.substr(0, 77) + "...";
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  return text;
}

bool name_character(char c, bool first) {
  return c == '_' || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (!first && c >= '0' && c <= '9');
}

struct State {
  Problems& problems;
  const Sources& sources;
};

// One map of the file under one declaration.
class MapReader final : public Fields {
 public:
  MapReader(State& state, const Node& map, std::string path) : state_(state), map_(map), path_(std::move(path)) {
    problems_before_ = state_.problems.size();
  }

  void finish() {
    std::vector<std::string_view> known, suggested;
    for (const auto& field : declared_) known.push_back(field.name);
    for (const auto& entry : map_.entries) {
      if (std::find(known.begin(), known.end(), entry.key) != known.end()) continue;
      const auto near = nearest(entry.key, known);
      if (near.empty()) {
        complain(entry.key_mark, fmt::format("unknown key \"{}\"{}; the keys here are {}.", shown(entry.key), inside(),
                                             fmt::join(known, ", ")));
      } else {
        complain(entry.key_mark,
                 fmt::format("unknown key \"{}\"{}; did you mean \"{}\"?", shown(entry.key), inside(), near));
        suggested.push_back(near);
      }
    }
    for (const auto& field : declared_) {
      if (!field.required || map_.find(field.name)) continue;
      // A misspelt key was reported already.
      if (std::find(suggested.begin(), suggested.end(), field.name) != suggested.end()) continue;
      complain(map_.mark, fmt::format("\"{}\" is missing{}.", field.name, inside()));
    }
    for (const auto& rule : rules_) {
      if (state_.problems.size() != problems_before_) return;
      rule();
    }
  }

  bool has(std::string_view name) const override {
    const auto* entry = map_.find(name);
    return entry && entry->value.kind != Node::Kind::null;
  }
  Mark where() const override { return map_.mark; }
  Mark where(std::string_view name) const override {
    const auto* entry = map_.find(name);
    return entry ? value_mark(*entry) : map_.mark;
  }
  Mark where(std::string_view name, size_t index) const override {
    const auto* entry = map_.find(name);
    if (!entry || index >= entry->value.items.size()) return where(name);
    return entry->value.items[index].mark;
  }
  std::string at(Mark mark) const override { return state_.problems.at(mark); }
  using Fields::complain;
  void complain(Mark mark, std::string sentence) override { state_.problems.add(mark, std::move(sentence)); }
  void check(std::function<void()> rule) override { rules_.push_back(std::move(rule)); }

 protected:
  void scalar(const Field& field, const Type& type, const std::string&, const Take& take) override {
    const auto* entry = declare(field);
    if (!entry) return;
    if (entry->value.kind == Node::Kind::null) {
      complain(entry->key_mark, fmt::format("{}: has no value.", path_of(field.name)));
      return;
    }
    take_scalar(entry->value, path_of(field.name), type, take);
  }

  void scalars(const Field& field, const Type& type, const Take& take) override {
    const auto* entry = declare(field);
    if (!entry || !is(*entry, Node::Kind::list, "a list")) return;
    for (const auto& item : entry->value.items) take_scalar(item, path_of(field.name), type, take);
  }

  void scalar_map(const Field& field, const Type& type, const TakeNamed& take) override {
    const auto* entry = declare(field);
    if (!entry || !is(*entry, Node::Kind::map, "a map")) return;
    for (const auto& inner : entry->value.entries)
      take_scalar(inner.value, path_of(field.name) + "." + shown(inner.key), type,
                  [&](std::string_view s) { return take(inner.key, s); });
  }

  void map(const Field& field, const Inner& inner) override {
    const auto* entry = declare(field);
    if (!entry || !is(*entry, Node::Kind::map, "a map")) return;
    read_map(entry->value, path_of(field.name), inner);
  }

  void list(const Field& field, const Inner& inner) override {
    const auto* entry = declare(field);
    if (!entry || !is(*entry, Node::Kind::list, "a list of maps")) return;
    for (const auto& item : entry->value.items) {
      if (item.kind != Node::Kind::map) {
        complain(item.mark, fmt::format("{}: each item must be a map.", path_of(field.name)));
        continue;
      }
      read_map(item, path_of(field.name), inner);
    }
  }

  void named_maps(const Field& field, const InnerNamed& inner) override {
    const auto* entry = declare(field);
    if (!entry || !is(*entry, Node::Kind::map, "a map")) return;
    for (const auto& item : entry->value.entries) {
      const std::string path = path_of(field.name) + "." + shown(item.key);
      if (item.value.kind != Node::Kind::map) {
        complain(value_mark(item), fmt::format("{}: must be a map.", path));
        continue;
      }
      read_map(item.value, path, [&](Fields& f) { inner(item.key, f); });
    }
  }

 private:
  static Mark value_mark(const Node::Entry& e) { return e.value.kind == Node::Kind::null ? e.key_mark : e.value.mark; }

  std::string path_of(std::string_view name) const {
    return path_.empty() ? std::string(name) : path_ + "." + std::string(name);
  }
  std::string inside() const { return path_.empty() ? std::string() : fmt::format(" in {}", path_); }

  const Node::Entry* declare(const Field& field) {
    declared_.push_back(field);
    return map_.find(field.name);
  }

  // A key with nothing behind it counts as an empty list or map.
  bool is(const Node::Entry& entry, Node::Kind kind, std::string_view what) {
    if (entry.value.kind == kind) return true;
    if (entry.value.kind != Node::Kind::null) {
      complain(entry.value.mark, fmt::format("{}: must be {}.", path_of(entry.key), what));
    }
    return false;
  }

  void read_map(const Node& node, std::string path, const Inner& inner) {
    MapReader reader(state_, node, std::move(path));
    inner(reader);
    reader.finish();
  }

  void take_scalar(const Node& node, const std::string& path, const Type& type, const Take& take) {
    if (node.kind != Node::Kind::scalar) {
      complain(node.mark, node.kind == Node::Kind::null ? fmt::format("{}: has no value.", path)
                                                        : fmt::format("{}: must be one value, not a {}.", path,
                                                                      node.kind == Node::Kind::map ? "map" : "list"));
      return;
    }
    auto text = expand(node, path);
    if (!text) return;
    const bool secret = type.kind == Type::Kind::secret;
    if (secret && text->starts_with("file:") && !secret_file(node, path, *text)) return;
    const std::string complaint = take(*text);
    if (complaint.empty()) return;
    // The text as written, not as expanded: a variable may hold a secret.
    complain(node.mark, secret ? fmt::format("{}: {}", path, complaint)
                               : fmt::format("{}: \"{}\" {}", path, shown(node.text), complaint));
  }

  std::optional<std::string> expand(const Node& node, const std::string& path) {
    const std::string_view in = node.text;
    std::string out;
    for (size_t i = 0; i < in.size(); ++i) {
      if (in.substr(i).starts_with("$${")) {
        out += "${";
        i += 2;
        continue;
      }
      if (!in.substr(i).starts_with("${")) {
        out += in[i];
        continue;
      }
      size_t end = i + 2;
      while (end < in.size() && name_character(in[end], end == i + 2)) ++end;
      if (end == i + 2 || end == in.size() || in[end] != '}') {
        complain(node.mark, fmt::format("{}: \"${{\" must be followed by a name and \"}}\"; a literal \"${{\" is "
                                        "written \"$${{\".",
                                        path));
        return {};
      }
      const std::string name(in.substr(i + 2, end - i - 2));
      const auto value = state_.sources.variable(name);
      if (!value) {
        complain(node.mark, fmt::format("{}: the environment variable {} is not set.", path, name));
        return {};
      }
      out += *value;
      i = end;
    }
    return out;
  }

  bool secret_file(const Node& node, const std::string& path, std::string& text) {
    auto contents = state_.sources.file(text.substr(5));
    if (!contents) {
      complain(node.mark, fmt::format("{}: {}", path, contents.error().message));
      return false;
    }
    while (!contents->empty() && (contents->back() == '\n' || contents->back() == '\r')) contents->pop_back();
    text = std::move(*contents);
    return true;
  }

  State& state_;
  const Node& map_;
  std::string path_;
  size_t problems_before_ = 0;
  std::vector<Field> declared_;
  std::vector<std::function<void()>> rules_;
};

void read_root(const Node& root, const Declaration& declare, State& state) {
  if (root.kind != Node::Kind::map && root.kind != Node::Kind::null) {
    state.problems.add(root.mark, "the file must hold a map (key: value).");
    return;
  }
  MapReader reader(state, root, "");
  declare(reader);
  reader.finish();
}

}  // namespace

const Sources& system_sources() {
  static const Sources sources{[](const std::string& name) -> std::optional<std::string> {
                                 const char* value = std::getenv(name.c_str());
                                 return value ? std::optional<std::string>(value) : std::nullopt;
                               },
                               [](const std::string& path) { return file_contents(path, size_t{64} << 10); }};
  return sources;
}

Result<void> read_text(const std::string& name, std::string_view text, const Declaration& declare,
                       const Sources& sources) {
  Problems problems(name);
  Node root;
  State state{problems, sources};
  if (parse(text, problems, root)) read_root(root, declare, state);
  if (!problems.empty()) return problems.failure();
  return {};
}

Result<void> read_file(const std::string& path, const Declaration& declare, const Sources& sources) {
  const auto text = file_contents(path, kMaxFileBytes);
  if (!text) return tl::unexpected<Error>(text.error());
  return read_text(path, *text, declare, sources);
}

Result<void> read(const Document& document, const Declaration& declare, const Sources& sources) {
  Problems problems(document.file);
  State state{problems, sources};
  read_root(document.root, declare, state);
  if (!problems.empty()) return problems.failure();
  return {};
}

}  // namespace trine::yaml
