// The files and pictures of a request's body: where each stands, what it is, and the JSON that a text or another
// picture is put in its place with. Chat (`file`, `image_url`) and Responses (`input_file`, `input_image`).
//
// Pure, any thread; one walk over the document, nothing of a file is copied.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "llm/endpoint.h"

namespace trine::llm {

struct DocumentPart {
  enum class Kind : uint8_t { file, image };
  enum class Source : uint8_t {
    data,  // base64 in the body, with or without a data: URL around it
    url,   // http(s): whoever takes it fetches it
    id,    // of a file that was uploaded before
    none,  // it says nothing of where its contents are
  };
  Kind kind = Kind::file;
  Source source = Source::none;
  std::string place;       // "messages[0].content[1]"
  std::string name;        // of the file, as the client gave it; may be empty
  std::string text;        // the URL or the id, escapes resolved; of data: empty
  std::string media_type;  // of a data: URL, "application/pdf"; may be empty
  std::string detail;      // of an image: "low", "high", ...
  bool base64 = true;      // false: a data: URL whose contents are percent-encoded
  std::string_view whole;  // the part, an object
  std::string_view value;  // the string that holds data, URL or id, with its quotes
  std::string_view data;   // the contents as they stand between the quotes, escapes and all
};

inline constexpr size_t kMaxDocumentParts = 256;

// In the document's order. Bodies of other endpoints have none, and neither have parts of wrong types, which are the
// engine's to refuse. Errors: invalid_argument (no JSON object), already_exists (a key twice), resource_exhausted (more
// than kMaxDocumentParts).
Result<std::vector<DocumentPart>> find_document_parts(Endpoint endpoint, std::string_view body);

// The bytes that `part.data` stands for. Nothing: it is not base64.
std::optional<std::string> decode(const DocumentPart& part);

// RFC 4648 §4, padding and line ends optional. Nothing for any other character.
std::optional<std::string> from_base64(std::string_view text);

// A part with this text, as the endpoint has them: JSON.
std::string text_part(Endpoint endpoint, std::string_view text);

}  // namespace trine::llm
