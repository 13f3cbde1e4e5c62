#include "json/schema.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <optional>
#include <set>

#include "json/read.h"
#include "json/write.h"

namespace trine::json {

namespace internal {

struct SchemaNode {
  std::optional<bool> always;              // a schema that is true or false
  unsigned types = 0;                      // bits of Value::Type, and kWhole; 0: any
  std::vector<std::string> one_of_values;  // enum and const, in one form
  bool has_values = false;
  std::map<std::string, const SchemaNode*, std::less<>> properties;
  std::vector<std::string> required;
  const SchemaNode* additional = nullptr;
  const SchemaNode* items = nullptr;
  std::optional<size_t> min_properties, max_properties, min_items, max_items, min_length, max_length;
  std::optional<double> minimum, maximum, above, below, multiple_of;
  bool unique = false;
  std::vector<const SchemaNode*> all_of, any_of, exactly_one;
  const SchemaNode* none = nullptr;
  std::string ref;
  const SchemaNode* referred = nullptr;
};

}  // namespace internal

using internal::SchemaNode;

namespace {

constexpr unsigned kWhole = 1U << 7;  // integer

unsigned bit(Value::Type t) {
  return 1U << static_cast<unsigned>(t);
}

constexpr std::array<std::string_view, 17> kNotUnderstood = {"pattern",
                                                             "patternProperties",
                                                             "propertyNames",
                                                             "contains",
                                                             "minContains",
                                                             "maxContains",
                                                             "if",
                                                             "then",
                                                             "else",
                                                             "dependentRequired",
                                                             "prefixItems",
                                                             "dependentSchemas",
                                                             "$dynamicRef",
                                                             "dependencies",
                                                             "unevaluatedItems",
                                                             "unevaluatedProperties",
                                                             "additionalItems"};

bool is_whole(std::string_view number) {
  const auto d = Value{Value::Type::number, number}.as_double();
  return d && std::isfinite(*d) && *d == std::floor(*d);
}

size_t code_points(std::string_view utf8) {
  return static_cast<size_t>(
      std::count_if(utf8.begin(), utf8.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

// The same text for values that JSON Schema calls equal: members by name, numbers by value, escapes resolved.
std::string one_form(const Value& v) {
  switch (v.type) {
    case Value::Type::object: {
      std::map<std::string, std::string> members;
      (void)each_member(v.raw, [&](std::string_view key, Value m) {
        members.emplace(key, one_form(m));
        return true;
      });
      std::string out = "{";
      for (const auto& [key, text] : members) {
        append_string(out, key);
        out.append(":").append(text).append(",");
      }
      return out + "}";
    }
    case Value::Type::array: {
      std::string out = "[";
      (void)each_element(v.raw, [&](Value e) {
        out.append(one_form(e)).append(",");
        return true;
      });
      return out + "]";
    }
    case Value::Type::string: {
      const auto text = v.as_string();
      return text ? json::quoted(*text) : std::string(v.raw);
    }
    case Value::Type::number: {
      std::string out;
      const auto d = v.as_double();
      if (d) append_number(out, *d + 0.0);
      return out;
    }
    default:
      return std::string(v.raw);
  }
}

}  // namespace

// Builds the nodes of one schema.
class SchemaReader {
 public:
  explicit SchemaReader(Schema& schema) : schema_(schema) {}

  Result<void> read(std::string_view text) {
    const auto document = json::read(text);
    if (!document) return tl::unexpected(document.error());
    const SchemaNode* root = node(*document, "#", 0);
    if (!root) return fail(Code::invalid_argument, "{}", problem_);
    for (const auto& made : schema_.nodes_) {
      if (made->ref.empty()) continue;
      const auto it = named_.find(made->ref);
      if (it == named_.end())
        return fail(Code::invalid_argument,
                    "`$ref`: \"{:.80}\" leads nowhere: \"#\", \"#/$defs/NAME\" and "
                    "\"#/definitions/NAME\" are followed",
                    made->ref);
      made->referred = it->second;
    }
    schema_.root_ = root;
    return {};
  }

 private:
  std::nullptr_t complain(const std::string& at, std::string_view what) {
    if (problem_.empty()) problem_ = fmt::format("the schema at `{}`: {}", at, what);
    return nullptr;
  }

  const SchemaNode* node(const Value& v, const std::string& at, int depth) {
    if (depth > Schema::kMostDepth) return complain(at, "is too deep");
    SchemaNode& n = *schema_.nodes_.emplace_back(std::make_unique<SchemaNode>());
    named_.emplace(at, &n);
    if (v.type == Value::Type::boolean) {
      n.always = v.raw == "true";
      return &n;
    }
    if (!v.is_object()) return complain(at, "must be an object, true or false");
    const auto read = each_member(v.raw, [&](std::string_view key, Value m) {
      word(n, std::string(key), m, at, depth);
      return problem_.empty();
    });
    if (!read) return complain(at, read.error().message);
    return problem_.empty() ? &n : nullptr;
  }

  void word(SchemaNode& n, const std::string& key, const Value& v, const std::string& at, int depth) {
    const std::string here = at + "/" + key;
    const auto number = [&](std::optional<double>& out) {
      const auto d = v.as_double();
      if (!d) return (void)complain(here, "must be a number");
      out = *d;
    };
    const auto count = [&](std::optional<size_t>& out) {
      const auto i = v.as_int();
      if (!i || *i < 0) return (void)complain(here, "must be a whole number from 0");
      out = static_cast<size_t>(*i);
    };
    const auto list = [&](std::vector<const SchemaNode*>& out) {
      if (!v.is_array()) return (void)complain(here, "must be an array");
      (void)each_element(v.raw, [&](Value e) {
        out.push_back(node(e, fmt::format("{}/{}", here, out.size()), depth + 1));
        return problem_.empty();
      });
      if (out.empty()) complain(here, "must not be empty");
    };
    const auto map = [&](std::map<std::string, const SchemaNode*, std::less<>>& out) {
      if (!v.is_object()) return (void)complain(here, "must be an object");
      const auto read = each_member(v.raw, [&](std::string_view name, Value m) {
        const std::string own(name);
        out.emplace(own, node(m, here + "/" + own, depth + 1));
        return problem_.empty();
      });
      if (!read) complain(here, read.error().message);
    };
    if (std::find(kNotUnderstood.begin(), kNotUnderstood.end(), key) != kNotUnderstood.end())
      return (void)complain(at, fmt::format("`{}` is not checked here; leave it out", key));
    if (key == "type") return type(n, v, here);
    if (key == "enum" || key == "const") return values(n, key, v, here);
    if (key == "properties") return map(n.properties);
    if (key == "$defs" || key == "definitions") {
      std::map<std::string, const SchemaNode*, std::less<>> kept;
      return map(kept);
    }
    if (key == "required") return names(n.required, v, here);
    if (key == "additionalProperties") return (void)(n.additional = node(v, here, depth + 1));
    if (key == "items") return (void)(n.items = node(v, here, depth + 1));
    if (key == "not") return (void)(n.none = node(v, here, depth + 1));
    if (key == "allOf") return list(n.all_of);
    if (key == "anyOf") return list(n.any_of);
    if (key == "oneOf") return list(n.exactly_one);
    if (key == "minProperties") return count(n.min_properties);
    if (key == "maxProperties") return count(n.max_properties);
    if (key == "minItems") return count(n.min_items);
    if (key == "maxItems") return count(n.max_items);
    if (key == "minLength") return count(n.min_length);
    if (key == "maxLength") return count(n.max_length);
    if (key == "minimum") return number(n.minimum);
    if (key == "maximum") return number(n.maximum);
    if (key == "exclusiveMinimum") return number(n.above);
    if (key == "exclusiveMaximum") return number(n.below);
    if (key == "multipleOf") {
      number(n.multiple_of);
      if (n.multiple_of && *n.multiple_of <= 0) complain(here, "must be above 0");
      return;
    }
    if (key == "uniqueItems") return (void)(n.unique = v.raw == "true");
    if (key == "$ref") {
      auto text = v.as_string();
      if (!text || text->empty()) return (void)complain(here, "must be a string");
      n.ref = std::move(*text);
    }
  }

  void type(SchemaNode& n, const Value& v, const std::string& here) {
    const auto one = [&](const Value& name) {
      if (name.raw == "\"integer\"") {
        n.types |= kWhole;
        return;
      }
      for (const auto& [text, t] : {std::pair{"\"object\"", Value::Type::object},
                                    {"\"array\"", Value::Type::array},
                                    {"\"string\"", Value::Type::string},
                                    {"\"number\"", Value::Type::number},
                                    {"\"boolean\"", Value::Type::boolean},
                                    {"\"null\"", Value::Type::null}})
        if (name.raw == text) {
          n.types |= bit(t);
          return;
        }
      complain(here, "is no type of JSON");
    };
    if (!v.is_array()) return one(v);
    (void)each_element(v.raw, [&](Value e) {
      one(e);
      return problem_.empty();
    });
  }

  void values(SchemaNode& n, std::string_view key, const Value& v, const std::string& here) {
    n.has_values = true;
    if (key == "const") return n.one_of_values.push_back(one_form(v));
    if (!v.is_array()) return (void)complain(here, "must be an array");
    (void)each_element(v.raw, [&](Value e) {
      n.one_of_values.push_back(one_form(e));
      return true;
    });
  }

  void names(std::vector<std::string>& out, const Value& v, const std::string& here) {
    if (!v.is_array()) return (void)complain(here, "must be an array");
    (void)each_element(v.raw, [&](Value e) {
      auto text = e.as_string();
      if (text)
        out.push_back(std::move(*text));
      else
        complain(here, "must hold strings");
      return problem_.empty();
    });
  }

  Schema& schema_;
  std::map<std::string, const SchemaNode*> named_;
  std::string problem_;
};

namespace {

class Check {
 public:
  std::vector<SchemaProblem> problems;
  bool exhausted = false;

  bool value(const SchemaNode& n, const Value& v, const std::string& at, int references = 0) {
    // What is walked and compared at most is 64 bytes a step.
    if ((steps_ += 1 + v.raw.size() / 64) > Schema::kMostSteps) exhausted = true;
    if (exhausted) return false;
    if (n.always) return *n.always || say(at, "must not be there");
    bool good = true;
    if (n.referred) {
      // A schema that refers to itself without going deeper into the document says nothing.
      if (references > Schema::kMostDepth) return say(at, "cannot be checked: the schema's references go round");
      good = value(*n.referred, v, at, references + 1);
    }
    good = type(n, v, at) && good;
    if (n.has_values) {
      const std::string form = one_form(v);
      if (std::find(n.one_of_values.begin(), n.one_of_values.end(), form) == n.one_of_values.end())
        good = say(at, "must be one of the values that the schema names");
    }
    if (v.is_object()) good = object(n, v, at) && good;
    if (v.is_array()) good = array(n, v, at) && good;
    if (v.is_string()) good = string(n, v, at) && good;
    if (v.type == Value::Type::number) good = number(n, v, at) && good;
    return choices(n, v, at, references) && good;
  }

 private:
  bool say(const std::string& at, std::string what) {
    if (quiet_ == 0 && problems.size() < Schema::kMostProblems) problems.push_back({at, std::move(what)});
    return false;
  }

  bool type(const SchemaNode& n, const Value& v, const std::string& at) {
    if (n.types == 0 || (n.types & bit(v.type)) != 0) return true;
    if ((n.types & kWhole) != 0 && v.type == Value::Type::number)
      return is_whole(v.raw) || say(at, "must be a whole number");
    std::string wanted;
    for (const auto t : {Value::Type::object, Value::Type::array, Value::Type::string, Value::Type::number,
                         Value::Type::boolean, Value::Type::null})
      if ((n.types & bit(t)) != 0) wanted.append(wanted.empty() ? "" : " or ").append(name(t));
    if ((n.types & kWhole) != 0) wanted.append(wanted.empty() ? "" : " or ").append("a whole number");
    return say(at, fmt::format("must be {}, not {}", wanted, name(v.type)));
  }

  bool object(const SchemaNode& n, const Value& v, const std::string& at) {
    bool good = true;
    std::set<std::string, std::less<>> seen;
    const auto read = each_member(v.raw, [&](std::string_view key, Value m) {
      const std::string own(key);
      const std::string here = at.empty() ? own : at + "." + own;
      seen.insert(own);
      if (const auto it = n.properties.find(own); it != n.properties.end())
        good = value(*it->second, m, here) && good;
      else if (n.additional)
        good = value(*n.additional, m, here) && good;
      return !exhausted;
    });
    if (!read) return say(at, "has a member twice");
    for (const std::string& r : n.required)
      if (!seen.contains(r)) good = say(at.empty() ? r : fmt::format("{}.{}", at, r), "is missing");
    return amount(n.min_properties, n.max_properties, seen.size(), "members", at) && good;
  }

  bool array(const SchemaNode& n, const Value& v, const std::string& at) {
    bool good = true;
    size_t count = 0;
    std::set<std::string> seen;
    (void)each_element(v.raw, [&](Value e) {
      const std::string here = fmt::format("{}[{}]", at, count++);
      if (n.items) good = value(*n.items, e, here) && good;
      if (n.unique && !seen.insert(one_form(e)).second) good = say(here, "is there twice");
      return !exhausted;
    });
    return amount(n.min_items, n.max_items, count, "elements", at) && good;
  }

  bool string(const SchemaNode& n, const Value& v, const std::string& at) {
    if (!n.min_length && !n.max_length) return true;
    const auto text = v.as_string();
    return !text || amount(n.min_length, n.max_length, code_points(*text), "characters", at);
  }

  bool amount(std::optional<size_t> least, std::optional<size_t> most, size_t have, const char* of,
              const std::string& at) {
    if (least && have < *least) return say(at, fmt::format("must have at least {} {}", *least, of));
    if (most && have > *most) return say(at, fmt::format("must have at most {} {}", *most, of));
    return true;
  }

  bool number(const SchemaNode& n, const Value& v, const std::string& at) {
    const auto d = v.as_double();
    if (!d) return say(at, "is too large a number");
    if (n.minimum && *d < *n.minimum) return say(at, fmt::format("must be at least {}", *n.minimum));
    if (n.maximum && *d > *n.maximum) return say(at, fmt::format("must be at most {}", *n.maximum));
    if (n.above && *d <= *n.above) return say(at, fmt::format("must be above {}", *n.above));
    if (n.below && *d >= *n.below) return say(at, fmt::format("must be below {}", *n.below));
    if (n.multiple_of) {
      // 0.3 is a multiple of 0.1: of decimals, not of what doubles make of them.
      const double times = *d / *n.multiple_of;
      if (std::abs(times - std::round(times)) > 1e-9 * std::max(1.0, std::abs(times)))
        return say(at, fmt::format("must be a multiple of {}", *n.multiple_of));
    }
    return true;
  }

  bool choices(const SchemaNode& n, const Value& v, const std::string& at, int references) {
    bool good = true;
    for (const SchemaNode* s : n.all_of) good = value(*s, v, at, references + 1) && good;
    const auto matching = [&](const std::vector<const SchemaNode*>& of) {
      ++quiet_;
      const auto count =
          std::count_if(of.begin(), of.end(), [&](const SchemaNode* s) { return value(*s, v, at, references + 1); });
      --quiet_;
      return count;
    };
    if (references > Schema::kMostDepth) return say(at, "cannot be checked: the schema's references go round");
    if (!n.any_of.empty() && matching(n.any_of) == 0) good = say(at, "is nothing of what the schema allows here");
    if (!n.exactly_one.empty() && matching(n.exactly_one) != 1)
      good = say(at, "must be exactly one of what the schema allows here");
    if (n.none && matching({n.none}) != 0) good = say(at, "is what the schema does not allow here");
    return good;
  }

  size_t steps_ = 0;
  int quiet_ = 0;  // inside a choice: it is no problem yet
};

}  // namespace

Schema::Schema() = default;
Schema::~Schema() = default;
Schema::Schema(Schema&&) noexcept = default;
Schema& Schema::operator=(Schema&&) noexcept = default;

Result<Schema> Schema::parse(std::string_view json) {
  if (json.size() > kMostBytes) return fail(Code::invalid_argument, "the schema is longer than {} bytes", kMostBytes);
  Schema schema;
  schema.text_ = json;
  if (auto ok = SchemaReader(schema).read(schema.text_); !ok) return tl::unexpected(ok.error());
  return schema;
}

Result<std::vector<SchemaProblem>> Schema::check(std::string_view document) const {
  const auto value = json::read(document);
  if (!value) return tl::unexpected(value.error());
  Check check;
  check.value(*root_, *value, {});
  if (check.exhausted) return fail(Code::resource_exhausted, "the schema is too much work for this document");
  return std::move(check.problems);
}

std::string without_required(std::string_view schema) {
  const auto document = read(schema);
  if (!document) return std::string(schema);
  // `names`: the members are names of the document's, not words of the schema.
  const std::function<void(std::string&, const Value&, bool, bool)> copy = [&](std::string& out, const Value& v,
                                                                               bool names, bool data) {
    if (data || (!v.is_object() && !v.is_array())) {
      out += v.raw;
    } else if (v.is_array()) {
      out += '[';
      (void)each_element(v.raw, [&](Value e) {
        if (out.back() != '[') out += ',';
        copy(out, e, false, false);
        return true;
      });
      out += ']';
    } else {
      bool first = true;
      out += '{';
      (void)each_member(v.raw, [&](std::string_view key, Value m) {
        const std::string own(key);
        if (!names && (own == "required" || own == "minItems" || own == "minProperties")) return true;
        if (!std::exchange(first, false)) out += ',';
        append_string(out, own);
        out += ':';
        const bool values = !names && (own == "enum" || own == "const" || own == "default" || own == "examples");
        copy(out, m, !names && (own == "properties" || own == "$defs" || own == "definitions"), values);
        return true;
      });
      out += '}';
    }
  };
  std::string out;
  copy(out, *document, false, false);
  return out;
}

}  // namespace trine::json
