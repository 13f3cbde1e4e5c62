#include "ledger/segment_reader.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <tuple>
#include <utility>

namespace trine::ledger {
namespace {

constexpr size_t kChunk = 32 * 1024;

// Reads up to `n` bytes; -1 on error.
ssize_t read_at(int fd, void* to, size_t n, uint64_t offset) {
  size_t done = 0;
  while (done < n) {
    const auto got = ::pread(fd, static_cast<char*>(to) + done, n - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return -1;
    if (got == 0) break;
    done += static_cast<size_t>(got);
  }
  return static_cast<ssize_t>(done);
}

// Looks twice: a head or a seal may be on its way in.
Result<std::optional<SegmentHeader>> read_header(int fd) {
  for (int look = 0;; ++look) {
    std::array<std::byte, kHeaderBytes> head{};
    const auto n = read_at(fd, head.data(), head.size(), 0);
    if (n < 0) return fail(Code::unavailable, "cannot read: {}", std::strerror(errno));
    auto parsed = parse_header(std::span(head).first(static_cast<size_t>(n)));
    if (parsed || look > 0) return parsed;
  }
}

std::optional<SegmentFile> parse_name(const std::filesystem::path& path) {
  const auto name = path.filename().string();
  if (name.size() < 8 || name[0] != 'w' || !name.ends_with(".trj")) return {};
  SegmentFile file{path, 0, 0};
  const char* end = name.data() + name.size() - 4;
  const auto worker = std::from_chars(name.data() + 1, end, file.worker);
  if (worker.ec != std::errc() || worker.ptr == end || *worker.ptr != '-') return {};
  const auto number = std::from_chars(worker.ptr + 1, end, file.number);
  if (number.ec != std::errc() || number.ptr != end) return {};
  return file;
}

}  // namespace

Result<std::vector<SegmentFile>> list_segments(const std::filesystem::path& dir) {
  std::vector<SegmentFile> files;
  std::error_code ec;
  for (auto it = std::filesystem::directory_iterator(dir, ec); !ec && it != std::filesystem::directory_iterator();
       it.increment(ec)) {
    if (auto file = parse_name(it->path())) files.push_back(std::move(*file));
  }
  if (ec) return fail(Code::unavailable, "cannot list {}: {}", dir.string(), ec.message());
  std::sort(files.begin(), files.end(), [](const SegmentFile& a, const SegmentFile& b) {
    return std::tie(a.worker, a.number) < std::tie(b.worker, b.number);
  });
  return files;
}

Result<std::optional<SegmentReader>> SegmentReader::open(const std::filesystem::path& path, bool writable) {
  const int fd = ::open(path.c_str(), (writable ? O_RDWR : O_RDONLY) | O_CLOEXEC);
  if (fd < 0) return fail(Code::unavailable, "cannot open {}: {}", path.string(), std::strerror(errno));
  SegmentReader reader(fd, {});
  auto header = read_header(fd);
  if (!header) return fail(header.error().code, "{}: {}", path.string(), header.error().message);
  if (!*header) return std::nullopt;
  reader.header_ = **header;
  return std::optional<SegmentReader>(std::move(reader));
}

SegmentReader::SegmentReader(SegmentReader&& o) noexcept
    : fd_(std::exchange(o.fd_, -1)), header_(o.header_), buffer_(std::move(o.buffer_)), base_(o.base_) {}

SegmentReader& SegmentReader::operator=(SegmentReader&& o) noexcept {
  std::swap(fd_, o.fd_);
  std::swap(header_, o.header_);
  std::swap(buffer_, o.buffer_);
  std::swap(base_, o.base_);
  return *this;
}

SegmentReader::~SegmentReader() {
  if (fd_ >= 0) ::close(fd_);
}

Result<void> SegmentReader::refresh() {
  auto header = read_header(fd_);
  if (!header) return tl::unexpected(header.error());
  if (!*header) return fail(Code::data_loss, "a segment's head vanished");
  header_ = **header;
  return {};
}

Result<void> SegmentReader::fill(uint64_t offset, size_t bytes) {
  buffer_.resize(bytes);
  base_ = offset;
  const auto n = read_at(fd_, buffer_.data(), buffer_.size(), offset);
  if (n < 0) {
    buffer_.clear();
    return fail(Code::unavailable, "cannot read the journal: {}", std::strerror(errno));
  }
  buffer_.resize(static_cast<size_t>(n));
  return {};
}

std::span<const std::byte> SegmentReader::buffered(uint64_t offset) const {
  if (offset < base_ || offset >= base_ + buffer_.size()) return {};
  return std::span(buffer_).subspan(offset - base_);
}

Result<Found> SegmentReader::read(uint64_t offset, uint64_t sequence, RecordView& out) {
  auto found = parse_record(buffered(offset), sequence, out);
  for (int look = 0; look < 2 && found != Found::record; ++look) {
    if (auto filled = fill(offset, kChunk); !filled) return tl::unexpected(filled.error());
    found = parse_record(buffered(offset), sequence, out);
    if (found == Found::end) return found;
    if (found == Found::partial) {
      uint32_t length = 0;
      std::memcpy(&length, buffered(offset).data(), sizeof length);
      if (auto filled = fill(offset, length); !filled) return tl::unexpected(filled.error());
      found = parse_record(buffered(offset), sequence, out);
    }
  }
  return found == Found::partial ? Found::invalid : found;  // partial: it runs past the file's end
}

size_t SegmentReader::claimed_length_at(uint64_t offset) {
  if (!fill(offset, kChunk)) return 0;
  const auto length = claimed_length(buffered(offset));
  return offset + length <= header_.bytes ? length : 0;
}

Result<bool> SegmentReader::published_after(uint64_t from, uint64_t sequence) {
  const uint64_t most = sequence + header_.bytes / kRecordHeaderBytes;
  for (uint64_t chunk = from; chunk < header_.bytes; chunk += kChunk) {
    // One header more than the chunk, so that none is missed at its end.
    if (auto filled = fill(chunk, kChunk + kRecordHeaderBytes); !filled) return tl::unexpected(filled.error());
    if (buffer_.empty()) return false;
    const auto bytes = std::move(buffer_);
    for (size_t at = 0; at < kChunk && at + kRecordHeaderBytes <= bytes.size(); at += 8) {
      const auto here = std::span(bytes).subspan(at);
      if (claimed_length(here) == 0) continue;
      RecordHeader h;
      std::memcpy(&h, here.data(), sizeof h);
      if (h.sequence <= sequence || h.sequence > most) continue;
      RecordView view;
      auto found = read(chunk + at, h.sequence, view);
      if (!found) return tl::unexpected(found.error());
      if (*found == Found::record) return true;
    }
  }
  return false;
}

Result<ProgressValues> SegmentReader::progress(uint64_t offset) {
  uint32_t length = 0;
  std::array<std::byte, kProgressBytes> tail{};
  if (read_at(fd_, &length, sizeof length, offset) != sizeof length || length < kRecordHeaderBytes + kProgressBytes ||
      read_at(fd_, tail.data(), tail.size(), offset + length - kProgressBytes) != static_cast<ssize_t>(tail.size())) {
    return fail(Code::data_loss, "an intent's progress cannot be read");
  }
  return parse_progress(tail);
}

Result<void> SegmentReader::write(uint64_t offset, const void* data, size_t n) {
  for (size_t done = 0; done < n;) {
    const auto put = ::pwrite(fd_, static_cast<const char*>(data) + done, n - done, static_cast<off_t>(offset + done));
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return fail(Code::unavailable, "cannot write to the journal: {}", std::strerror(errno));
    done += static_cast<size_t>(put);
  }
  return {};
}

Result<void> SegmentReader::erase(uint64_t offset, const RecordView& record) {
  // The type first: from then on the checksum does not count, so a crash in between leaves a readable segment.
  const auto type = static_cast<uint16_t>(RecordType::erased);
  const std::vector<std::byte> nothing(record.payload.size());
  if (auto r = write(offset + offsetof(RecordHeader, type), &type, sizeof type); !r) return r;
  buffer_.clear();
  return write(offset + kRecordHeaderBytes, nothing.data(), nothing.size());
}

Result<void> SegmentReader::seal(uint64_t end) {
  const uint32_t state = kSealed;
  if (auto r = write(offsetof(SegmentHeader, sealed_end), &end, sizeof end); !r) return r;
  if (auto r = write(offsetof(SegmentHeader, state), &state, sizeof state); !r) return r;
  header_.sealed_end = end;
  header_.state = state;
  return sync();
}

Result<void> SegmentReader::sync() {
  if (::fdatasync(fd_) == 0) return {};
  return fail(Code::unavailable, "cannot sync the journal: {}", std::strerror(errno));
}

}  // namespace trine::ledger
