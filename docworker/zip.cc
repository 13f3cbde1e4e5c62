#include "docworker/zip.h"

#include <fmt/format.h>
#include <zip.h>

#include <algorithm>

namespace trine::docworker {

Zip::Zip(std::string_view bytes, Budget& budget) : budget_(budget) {
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t* const source = zip_source_buffer_create(bytes.data(), bytes.size(), 0, &error);
  if (source != nullptr) archive_ = zip_open_from_source(source, ZIP_RDONLY, &error);
  if (archive_ == nullptr && source != nullptr) zip_source_free(source);
  zip_error_fini(&error);
  if (archive_ == nullptr) stop(Problem::damaged, "its ZIP directory cannot be read");
  const auto entries = zip_get_num_entries(archive_, 0);
  if (entries > 10'000) {
    zip_discard(archive_);
    stop(Problem::too_many_objects, fmt::format("{} files in it", entries));
  }
}

Zip::~Zip() {
  if (archive_ != nullptr) zip_discard(archive_);
}

std::string Zip::names() const {
  std::string out;
  for (zip_int64_t i = 0; i < zip_get_num_entries(archive_, 0); ++i) {
    const char* const name = zip_get_name(archive_, static_cast<zip_uint64_t>(i), ZIP_FL_ENC_RAW);
    if (name != nullptr) out.append(name) += '\n';
  }
  return out;
}

bool Zip::has(const std::string& name) const {
  return zip_name_locate(archive_, name.c_str(), 0) >= 0;
}

std::string Zip::read(const std::string& name) const {
  zip_stat_t stat;
  if (zip_stat(archive_, name.c_str(), 0, &stat) != 0) stop(Problem::damaged, "a part of it is missing");
  if ((stat.valid & ZIP_STAT_ENCRYPTION_METHOD) != 0 && stat.encryption_method != ZIP_EM_NONE) stop(Problem::encrypted);
  const auto packed = static_cast<int64_t>(std::min<zip_uint64_t>(stat.comp_size, INT64_MAX / 2));
  const auto limit = budget_.limits().unpacked_bytes;
  // What the directory says may be a lie in both directions: believed when it is too much, checked while unpacking.
  if (stat.size > static_cast<zip_uint64_t>(limit)) stop(Problem::too_compressed, fmt::format("over {} bytes", limit));
  const std::unique_ptr<zip_file_t, int (*)(zip_file_t*)> file(zip_fopen_index(archive_, stat.index, 0), zip_fclose);
  if (file == nullptr) stop(Problem::damaged, "a part of it cannot be unpacked");
  std::string out;
  char piece[1 << 16];
  for (;;) {
    const zip_int64_t n = zip_fread(file.get(), piece, sizeof piece);
    if (n < 0) stop(Problem::damaged, "a part of it cannot be unpacked");
    if (n == 0) break;
    out.append(piece, static_cast<size_t>(n));
    const auto size = static_cast<int64_t>(out.size());
    if (size > limit || (size > (1 << 20) && size / std::max<int64_t>(1, packed) > budget_.limits().ratio))
      stop(Problem::too_compressed, fmt::format("{} bytes became over {}", packed, size));
  }
  budget_.unpacked(packed, static_cast<int64_t>(out.size()));
  return out;
}

}  // namespace trine::docworker
