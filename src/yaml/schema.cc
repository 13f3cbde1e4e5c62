#include "yaml/schema.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace trine::yaml {
namespace {

struct Item {
  enum class Shape { scalar, scalars, scalar_map, map, list, named };
  Shape shape = Shape::map;
  std::string name, doc, standard;
  bool required = false;
  Type type;
  std::vector<Item> children;
};

// Plays a file in which everything is present once, and writes down what is declared.
class Recorder final : public Fields {
 public:
  explicit Recorder(std::vector<Item>& items) : items_(items) {}

  bool has(std::string_view) const override { return false; }
  Mark where() const override { return {}; }
  Mark where(std::string_view) const override { return {}; }
  Mark where(std::string_view, size_t) const override { return {}; }
  std::string at(Mark) const override { return {}; }
  using Fields::complain;
  void complain(Mark, std::string) override {}
  void check(std::function<void()>) override {}

 protected:
  void scalar(const Field& field, const Type& type, const std::string& standard, const Take&) override {
    Item& item = add(field, Item::Shape::scalar);
    item.type = type;
    item.standard = field.required ? "" : standard;
  }
  void scalars(const Field& field, const Type& type, const Take&) override {
    add(field, Item::Shape::scalars).type = type;
  }
  void scalar_map(const Field& field, const Type& type, const TakeNamed&) override {
    add(field, Item::Shape::scalar_map).type = type;
  }
  void map(const Field& field, const Inner& inner) override { nest(field, Item::Shape::map, inner); }
  void list(const Field& field, const Inner& inner) override { nest(field, Item::Shape::list, inner); }
  void named_maps(const Field& field, const InnerNamed& inner) override {
    nest(field, Item::Shape::named, [&](Fields& f) { inner("name", f); });
  }

 private:
  Item& add(const Field& field, Item::Shape shape) {
    Item& item = items_.emplace_back();
    item.shape = shape;
    item.name = field.name;
    item.doc = field.doc;
    item.required = field.required;
    return item;
  }
  void nest(const Field& field, Item::Shape shape, const Inner& inner) {
    std::vector<Item> children;
    Recorder recorder(children);
    inner(recorder);
    add(field, shape).children = std::move(children);
  }

  std::vector<Item>& items_;
};

std::string in_quotes(std::string_view s) {
  std::string out = "\"";
  for (char c : s) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
  return out + '"';
}

// "key": value pairs joined into an object, indented.
std::string object(const std::vector<std::string>& members, size_t indent) {
  if (members.empty()) return "{}";
  const std::string pad(indent + 2, ' ');
  return fmt::format("{{\n{}{}\n{}}}", pad, fmt::join(members, ",\n" + pad), std::string(indent, ' '));
}

std::string member(std::string_view name, std::string_view value) {
  return fmt::format("{}: {}", in_quotes(name), value);
}

// The plain form of a number, boolean or word, or a text with a variable in it.
std::vector<std::string> scalar_members(const Type& type) {
  const std::string variable = R"({ "type": "string", "pattern": "\\$\\{" })";
  switch (type.kind) {
    case Type::Kind::boolean:
      return {fmt::format(R"("anyOf": [{{ "type": "boolean" }}, {}])", variable)};
    case Type::Kind::integer:
    case Type::Kind::number: {
      std::string plain = type.kind == Type::Kind::integer ? R"("type": "integer")" : R"("type": "number")";
      if (type.minimum)
        plain += fmt::format(R"(, "{}": {})", type.above_minimum ? "exclusiveMinimum" : "minimum",
                             number_text(*type.minimum));
      if (type.maximum) plain += fmt::format(R"(, "maximum": {})", number_text(*type.maximum));
      return {fmt::format(R"("anyOf": [{{ {} }}, {}])", plain, variable)};
    }
    case Type::Kind::text:
    case Type::Kind::secret:
      break;
  }
  if (!type.choices.empty()) {
    std::vector<std::string> words;
    for (const auto& c : type.choices) words.push_back(in_quotes(c));
    return {fmt::format(R"("anyOf": [{{ "enum": [{}] }}, {}])", fmt::join(words, ", "), variable)};
  }
  if (type.says == "size")  // a bare number of bytes is a number to YAML
    return {fmt::format(R"("anyOf": [{{ "type": "integer", "minimum": 0 }}, {{ "type": "string", "pattern": {} }}])",
                        in_quotes("^" + type.pattern + "$|\\$\\{"))};
  if (!type.pattern.empty())
    return {R"("type": "string")", member("pattern", in_quotes("^(" + type.pattern + ")$|\\$\\{"))};
  return {R"("type": "string")", R"("minLength": 1)"};
}

std::string map_schema(const std::vector<Item>& items, size_t indent, std::vector<std::string> members = {});

std::string default_json(const Item& item) {
  if (item.type.kind == Type::Kind::text || item.type.kind == Type::Kind::secret) return in_quotes(item.standard);
  return item.standard;
}

std::string item_schema(const Item& item, size_t indent) {
  std::vector<std::string> members{member("description", in_quotes(item.doc))};
  const auto nullable = [&](std::string_view type) { return member("type", fmt::format("[\"{}\", \"null\"]", type)); };
  switch (item.shape) {
    case Item::Shape::scalar:
      for (auto& m : scalar_members(item.type)) members.push_back(std::move(m));
      if (!item.standard.empty()) members.push_back(member("default", default_json(item)));
      return object(members, indent);
    case Item::Shape::scalars:
      members.push_back(nullable("array"));
      members.push_back(member("items", object(scalar_members(item.type), indent + 2)));
      return object(members, indent);
    case Item::Shape::scalar_map:
      members.push_back(nullable("object"));
      members.push_back(member("additionalProperties", object(scalar_members(item.type), indent + 2)));
      return object(members, indent);
    case Item::Shape::map:
      members.push_back(nullable("object"));
      return map_schema(item.children, indent, std::move(members));
    case Item::Shape::list:
      members.push_back(nullable("array"));
      members.push_back(member("items", map_schema(item.children, indent + 2, {member("type", "\"object\"")})));
      return object(members, indent);
    case Item::Shape::named:
      members.push_back(nullable("object"));
      members.push_back(
          member("additionalProperties", map_schema(item.children, indent + 2, {member("type", "\"object\"")})));
      return object(members, indent);
  }
  return "{}";
}

std::string map_schema(const std::vector<Item>& items, size_t indent, std::vector<std::string> members) {
  std::vector<std::string> properties, needed;
  for (const auto& item : items) {
    properties.push_back(member(item.name, item_schema(item, indent + 4)));
    if (item.required) needed.push_back(in_quotes(item.name));
  }
  members.push_back(member("properties", object(properties, indent + 2)));
  if (!needed.empty()) members.push_back(member("required", fmt::format("[{}]", fmt::join(needed, ", "))));
  members.push_back(member("additionalProperties", "false"));
  return object(members, indent);
}

std::string type_text(const Type& type) {
  if (!type.choices.empty()) return fmt::format("`{}`", fmt::join(type.choices, "` `"));
  std::string text = type.says;
  if (type.minimum && type.maximum)
    text += fmt::format(", {}{} to {}", type.above_minimum ? "above " : "", number_text(*type.minimum),
                        number_text(*type.maximum));
  return text;
}

std::string cell(std::string_view s) {
  std::string out;
  for (char c : s) {
    if (c == '|') out += '\\';
    out += c;
  }
  return out;
}

void row(std::string& out, const std::string& path, const std::string& type, const Item& item) {
  const std::string standard = item.required ? "required" : item.standard.empty() ? "" : "`" + item.standard + "`";
  out += fmt::format("| `{}` | {} | {} | {} |\n", path, cell(type), cell(standard), cell(item.doc));
}

void rows(std::string& out, const Item& item, const std::string& path) {
  const auto children = [&](const std::string& prefix) {
    for (const auto& child : item.children) rows(out, child, prefix + "." + child.name);
  };
  switch (item.shape) {
    case Item::Shape::scalar:
      return row(out, path, type_text(item.type), item);
    case Item::Shape::scalars:
      return row(out, path, "list of " + type_text(item.type), item);
    case Item::Shape::scalar_map:
      return row(out, path, "map of names to " + type_text(item.type), item);
    case Item::Shape::map:
      row(out, path, "map", item);
      return children(path);
    case Item::Shape::list:
      row(out, path, "list of maps", item);
      return children(path + "[]");
    case Item::Shape::named:
      row(out, path, "map of names to maps", item);
      return children(path + ".<name>");
  }
}

void find_secrets(std::vector<std::string>& out, const Item& item, const std::string& path) {
  if (item.shape == Item::Shape::scalar && item.type.kind == Type::Kind::secret) out.push_back(path);
  const char* below = item.shape == Item::Shape::list ? "[]." : item.shape == Item::Shape::named ? ".<name>." : ".";
  for (const auto& child : item.children) find_secrets(out, child, path + below + child.name);
}

std::vector<Item> record(const Declaration& declare) {
  std::vector<Item> items;
  Recorder recorder(items);
  declare(recorder);
  return items;
}

}  // namespace

std::string json_schema(std::string_view title, const Declaration& declare) {
  return map_schema(record(declare), 0,
                    {member("$schema", in_quotes("https://json-schema.org/draft/2020-12/schema")),
                     member("title", in_quotes(title)), member("type", "\"object\"")}) +
         "\n";
}

std::string markdown_reference(const Declaration& declare) {
  const std::string head = "| key | form | default | meaning |\n|---|---|---|---|\n";
  std::string plain, sections;
  for (const auto& item : record(declare)) {
    if (item.children.empty()) {
      rows(plain, item, item.name);
      continue;
    }
    sections += fmt::format("\n## {}\n\n{}", item.name, head);
    rows(sections, item, item.name);
  }
  return (plain.empty() ? "" : "## General\n\n" + head + plain) + sections;
}

std::vector<std::string> secret_paths(const Declaration& declare) {
  std::vector<std::string> out;
  for (const auto& item : record(declare)) find_secrets(out, item, item.name);
  return out;
}

}  // namespace trine::yaml
