#include "load/documents.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include "base/text.h"
#include "json/write.h"

namespace trine::load {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::pair<std::string_view, std::string_view>, 14> kTypes = {{
    {".pdf", "application/pdf"},
    {".docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
    {".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
    {".pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"},
    {".odt", "application/vnd.oasis.opendocument.text"},
    {".eml", "message/rfc822"},
    {".html", "text/html"},
    {".htm", "text/html"},
    {".txt", "text/plain"},
    {".md", "text/markdown"},
    {".csv", "text/csv"},
    {".png", "image/png"},
    {".jpg", "image/jpeg"},
    {".tiff", "image/tiff"},
}};

std::string_view type_of(const fs::path& path) {
  const std::string ending = path.extension().string();
  for (const auto& [known, type] : kTypes)
    if (iequals(ending, known)) return type;
  return {};
}

std::string part_of(const std::string& name, std::string_view type, std::string_view bytes) {
  std::string part = R"({"type":"file","file":{"filename":)";
  json::append_string(part, name);
  part.append(R"(,"file_data":"data:)").append(type).append(";base64,").append(base64(bytes)).append("\"}}");
  return part;
}

}  // namespace

Result<std::vector<Document>> read_documents(const std::string& folder) {
  std::error_code ec;
  std::vector<fs::path> paths;
  for (fs::directory_iterator it(folder, ec), end; !ec && it != end; it.increment(ec)) {
    std::error_code ignored;
    if (it->is_regular_file(ignored) && !type_of(it->path()).empty()) paths.push_back(it->path());
  }
  if (ec) return fail(Code::not_found, "cannot read the folder {}: {}", folder, ec.message());
  if (paths.empty())
    return fail(Code::not_found, "there is no document in {}: no file that ends in .pdf, .docx, .txt or the like",
                folder);
  std::sort(paths.begin(), paths.end());
  std::vector<Document> documents;
  size_t all = 0;
  for (const auto& path : paths) {
    const auto size = fs::file_size(path, ec);
    if (ec) return fail(Code::not_found, "cannot read {}: {}", path.string(), ec.message());
    if (size > kMaxDocumentBytes)
      return fail(Code::out_of_range, "{} is larger than {} MiB: take it out of the folder", path.string(),
                  kMaxDocumentBytes >> 20);
    all += static_cast<size_t>(size);
    if (all > kMaxAllDocumentsBytes)
      return fail(Code::out_of_range, "the documents in {} are larger than {} MiB together: take fewer", folder,
                  kMaxAllDocumentsBytes >> 20);
    std::ifstream file(path, std::ios::binary);
    std::string bytes(static_cast<size_t>(size), '\0');
    file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    if (!file) return fail(Code::not_found, "cannot read {}", path.string());
    std::string name = path.filename().string();
    std::string part = part_of(name, type_of(path), bytes);
    documents.push_back({std::move(name), std::move(part)});
  }
  return documents;
}

}  // namespace trine::load
