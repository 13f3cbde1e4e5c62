// One declaration of a map's fields that serves three readers: the file reader (reader.h), the JSON Schema and the
// reference in Markdown (schema.h).
//
//   void declare(Fields& f, Limits& l) {
//     f.size({"head_bytes", "Largest request head."}, l.head_bytes, 1 << 10, 1 << 20);
//     f.integer({"connections", "Open connections at most."}, l.connections, 1, 1'000'000);
//     f.check([&f, &l] { if (l.a > l.b) f.complain("a", "must not be larger than b."); });
//   }
//
// The value that a variable holds before is its default, and the schema shows it. A field that is absent, or wrong (and
// complained about), leaves its variable as it was. Keys that nobody declared are refused with the nearest right name.
// In every scalar, ${NAME} stands for an environment variable ("$${" for a literal "${").
// One thread; declarations must not keep the Fields beyond the call.
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/time.h"
#include "base/units.h"
#include "yaml/document.h"

namespace trine::yaml {

struct Field {
  std::string_view name;
  std::string_view doc;  // one sentence
  bool required = false;
};

inline Field required(std::string_view name, std::string_view doc) {
  return {name, doc, true};
}

// What may stand in a scalar, for the schema and the reference.
struct Type {
  enum class Kind { text, boolean, integer, number, secret };
  Kind kind = Kind::text;
  std::string says = "text";  // "duration", "host:port"
  std::optional<double> minimum, maximum;
  bool above_minimum = false;  // the minimum itself is not allowed
  std::vector<std::string> choices{};
  std::string pattern{};  // ECMA-262, of the whole text
};

std::optional<int64_t> parse_size(std::string_view text);  // "32MiB", "16KiB", "2GB", "512" (bytes)
std::string size_text(int64_t bytes);
std::string duration_text(Nanos d);  // "75s", "400d", "1500ms"
std::string number_text(double v);   // shortest that reads back

class Fields {
 public:
  virtual ~Fields() = default;

  // -- scalars. `out` is set only by a valid value. Texts are never empty.
  void text(const Field& field, std::string& out);
  void text(const Field& field, std::optional<std::string>& out);
  void boolean(const Field& field, bool& out);
  template <std::integral I>
  void integer(const Field& field, I& out, std::type_identity_t<I> min, std::type_identity_t<I> max) {
    whole(field, std::to_string(out), min, max, [&out](int64_t v) { out = static_cast<I>(v); });
  }
  template <std::integral I>
  void integer(const Field& field, std::optional<I>& out, std::type_identity_t<I> min, std::type_identity_t<I> max) {
    whole(field, out ? std::to_string(*out) : "", min, max, [&out](int64_t v) { out = static_cast<I>(v); });
  }
  void number(const Field& field, double& out, double min, double max);  // finite, both ends included
  void number(const Field& field, std::optional<double>& out, double min, double max);
  void duration(const Field& field, Nanos& out, Nanos min, Nanos max);
  void size(const Field& field, int64_t& out, int64_t min, int64_t max);  // bytes
  // An amount of the currency that the file is in, above zero, to 1e-9.
  void price(const Field& field, std::optional<Money>& out);
  // ${ENV}, file:PATH (its text without the newline at the end) or the text itself. Never shown in an error.
  void secret(const Field& field, std::string& out);

  using Names = std::vector<std::string_view>;
  // A word out of a set; `out` is its value.
  template <class E>
  void choice(const Field& field, E& out, const std::vector<std::pair<std::string_view, E>>& words) {
    Names names;
    std::string standard;
    for (const auto& [word, value] : words) {
      names.push_back(word);
      if (value == out) standard = word;
    }
    one_of(field, standard, names, [&](size_t i) { out = words[i].second; });
  }
  // Any other text form: `parse` gives std::optional<T>; `complaint` ends the sentence `key: "text" ...`.
  template <class T, class Parse>
  void parsed(const Field& field, T& out, const Type& type, const std::string& standard, std::string_view complaint,
              Parse&& parse) {
    scalar(field, type, standard, [&](std::string_view s) -> std::string {
      auto value = parse(s);
      if (!value) return std::string(complaint);
      out = std::move(*value);
      return {};
    });
  }

  // -- lists and maps of scalars
  void texts(const Field& field, std::vector<std::string>& out);
  void words(const Field& field, std::vector<std::string>& out, const Names& allowed);
  void text_map(const Field& field, std::map<std::string, std::string>& out);
  void number_map(const Field& field, std::map<std::string, double>& out, double min, double max);
  template <class T, class Parse>
  void parsed_list(const Field& field, std::vector<T>& out, const Type& type, std::string_view complaint,
                   Parse&& parse) {
    scalars(field, type, [&](std::string_view s) -> std::string {
      auto value = parse(s);
      if (!value) return std::string(complaint);
      out.push_back(std::move(*value));
      return {};
    });
  }

  // -- maps with fields of their own: `declare(Fields&, T&)`
  template <class T, class Declare>
  void object(const Field& field, T& out, Declare&& declare) {
    map(field, [&](Fields& inner) { declare(inner, out); });
  }
  template <class T, class Declare>
  void object(const Field& field, std::optional<T>& out, Declare&& declare) {
    map(field, [&](Fields& inner) { declare(inner, out.emplace()); });
  }
  // A list of maps.
  template <class T, class Declare>
  void objects(const Field& field, std::vector<T>& out, Declare&& declare) {
    list(field, [&](Fields& inner) { declare(inner, out.emplace_back()); });
  }
  // A map from free names to maps; `declare` may take the name as a third argument.
  template <class T, class Declare>
  void named(const Field& field, std::map<std::string, T>& out, Declare&& declare) {
    named_maps(field, [&](const std::string& name, Fields& inner) {
      if constexpr (std::is_invocable_v<Declare&, Fields&, T&, const std::string&>) {
        declare(inner, out[name], name);
      } else {
        declare(inner, out[name]);
      }
    });
  }

  // -- positions and further checks
  virtual bool has(std::string_view name) const = 0;                  // present in the file with a value
  virtual Mark where() const = 0;                                     // of this map
  virtual Mark where(std::string_view name) const = 0;                // of the value; of this map if it is absent
  virtual Mark where(std::string_view name, size_t index) const = 0;  // of an item of a list
  virtual std::string at(Mark mark) const = 0;                        // "file:line:column"
  virtual void complain(Mark mark, std::string sentence) = 0;
  void complain(std::string_view name, std::string_view sentence) {
    complain(where(name), std::string(name) + ": " + std::string(sentence));
  }
  // Runs once this map is read, and only if nothing in it was complained about.
  virtual void check(std::function<void()> rule) = 0;

 protected:
  // Takes an expanded text; empty: taken, else what is wrong with it ("is not a duration such as 30s").
  using Take = std::function<std::string(std::string_view)>;
  using TakeNamed = std::function<std::string(const std::string& key, std::string_view text)>;
  using Inner = std::function<void(Fields&)>;
  using InnerNamed = std::function<void(const std::string& name, Fields&)>;

  virtual void scalar(const Field&, const Type&, const std::string& standard, const Take&) = 0;
  virtual void scalars(const Field&, const Type&, const Take&) = 0;
  virtual void scalar_map(const Field&, const Type&, const TakeNamed&) = 0;
  virtual void map(const Field&, const Inner&) = 0;
  virtual void list(const Field&, const Inner&) = 0;
  virtual void named_maps(const Field&, const InnerNamed&) = 0;

 private:
  void whole(const Field&, const std::string& standard, int64_t min, int64_t max,
             const std::function<void(int64_t)>& set);
  void real(const Field&, const std::string& standard, double min, double max, const std::function<void(double)>& set);
  void one_of(const Field&, const std::string& standard, const Names&, const std::function<void(size_t)>& set);
};

using Declaration = std::function<void(Fields&)>;

}  // namespace trine::yaml
