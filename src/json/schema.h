// A subset of JSON Schema (draft 2020-12) that is enough for what models are asked to answer, and that no schema or
// document can make slow: no regular expressions, no references beyond the document, bounded depth and size.
//
// Understood: type, enum, const, properties, required, additionalProperties, minProperties, maxProperties, items,
// minItems, maxItems, uniqueItems, minLength, maxLength, minimum, maximum, exclusiveMinimum, exclusiveMaximum,
// multipleOf, anyOf, oneOf, allOf, not, $ref to "#", "#/$defs/NAME" and "#/definitions/NAME". `format` and other words
// that only describe are no checks, as the standard has it. Refused, because to pass over them would let wrong
// documents through: pattern, patternProperties, propertyNames, contains, dependent*, if/then/else, prefixItems,
// unevaluated*, $dynamicRef, other references.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace trine::json {

struct SchemaProblem {
  std::string path;  // "supplier.lines[3].price"; empty: the document itself
  std::string what;  // "must be a number"
  bool operator==(const SchemaProblem&) const = default;
};

namespace internal {
struct SchemaNode;
}

// Immutable; any thread.
class Schema {
 public:
  static constexpr size_t kMostBytes = 256 << 10;
  static constexpr int kMostDepth = 32;
  static constexpr size_t kMostProblems = 20;
  static constexpr size_t kMostSteps = 1'000'000;  // of one check(), through anyOf and the like

  // Errors (invalid_argument): it is no schema, or says something that is not understood, with its place.
  static Result<Schema> parse(std::string_view json);
  ~Schema();
  Schema(Schema&&) noexcept;
  Schema& operator=(Schema&&) noexcept;

  // What is wrong with the document; the first kMostProblems. Errors: it is no JSON; resource_exhausted: the schema
  // asks for more than kMostSteps comparisons.
  Result<std::vector<SchemaProblem>> check(std::string_view document) const;

  const std::string& text() const { return text_; }

 private:
  Schema();
  std::string text_;
  std::vector<std::unique_ptr<internal::SchemaNode>> nodes_;
  const internal::SchemaNode* root_ = nullptr;
  friend class SchemaReader;
};

// The schema for a part of what the whole must be: without `required` and the least numbers of members and elements, at
// every level. REQUIRES: Schema::parse takes it.
std::string without_required(std::string_view schema);

}  // namespace trine::json
