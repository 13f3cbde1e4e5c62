// The files that requests carry, as the API wants them: read and encoded once, before the first request.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"

namespace trine::load {

struct Document {
  std::string name;  // of the file, without its folder
  std::string part;  // {"type":"file","file":{"filename":...,"file_data":"data:...;base64,..."}}
};

inline constexpr size_t kMaxDocumentBytes = size_t{64} << 20;       // of one file
inline constexpr size_t kMaxAllDocumentsBytes = size_t{512} << 20;  // of all of them

// Of the files directly in `folder`, by name, those whose ending is one of a document (.pdf, .docx, .txt, ...); others
// are left out. Errors: not_found (no folder, or nothing in it that could be sent), out_of_range (too large).
Result<std::vector<Document>> read_documents(const std::string& folder);

}  // namespace trine::load
