#include "gateway/files/multipart.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/text.h"

namespace trine::gateway {
namespace {

constexpr size_t kMostBoundary = 70;  // RFC 2046 §5.1.1
constexpr size_t kMostParameters = 16;

tl::unexpected<Error> malformed(std::string_view what) {
  return fail(Code::invalid_argument, "the multipart body {}", what);
}

bool is_token_char(char c) {  // RFC 9110 §5.6.2
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || kMarks.find(c) != kMarks.npos;
}

bool is_boundary_char(char c) {
  constexpr std::string_view kMarks = "'()+_,-./:=? ";
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || kMarks.find(c) != kMarks.npos;
}

bool has_control(std::string_view s) {
  return std::any_of(s.begin(), s.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

// A value between quotes, at `at`. Browsers write %22 for a quote; other programs a backslash before it.
std::optional<std::string> quoted_string(std::string_view text, size_t& at) {
  std::string out;
  for (++at; at < text.size(); ++at) {
    if (text[at] == '"') {
      ++at;
      return out;
    }
    if (text[at] == '\\' && at + 1 < text.size() && (text[at + 1] == '"' || text[at + 1] == '\\')) ++at;
    out += text[at];
  }
  return {};
}

// Calls take(name, value) for each parameter behind the first ';' of a header's value; false: they are malformed, or
// take() said so.
template <class Take>
bool each_parameter(std::string_view rest, Take take) {
  size_t at = 0;
  const auto blanks = [&] {
    while (at < rest.size() && (rest[at] == ' ' || rest[at] == '\t')) ++at;
  };
  for (size_t n = 0;; ++n) {
    blanks();
    if (at == rest.size()) return true;
    if (rest[at] != ';' || n == kMostParameters) return false;
    ++at;
    blanks();
    if (at == rest.size()) return true;  // a ';' at the end
    const size_t begin = at;
    while (at < rest.size() && is_token_char(rest[at])) ++at;
    const std::string_view name = rest.substr(begin, at - begin);
    if (name.empty() || at == rest.size() || rest[at] != '=') return false;
    ++at;
    std::string value;
    if (at < rest.size() && rest[at] == '"') {
      auto quoted = quoted_string(rest, at);
      if (!quoted) return false;
      value = std::move(*quoted);
    } else {
      const size_t from = at;
      while (at < rest.size() && is_token_char(rest[at])) ++at;
      value = rest.substr(from, at - from);
      if (value.empty()) return false;
    }
    if (!take(name, std::move(value))) return false;
  }
}

Result<void> read_disposition(std::string_view value, PartHead& head) {
  constexpr std::string_view kForm = "form-data";
  const size_t semicolon = std::min(value.find(';'), value.size());
  if (!iequals(trim(value.substr(0, semicolon)), kForm)) return malformed("has a part that is no form-data");
  bool named = false, filed = false, encoded = false;
  const bool good = each_parameter(value.substr(semicolon), [&](std::string_view name, std::string text) {
    if (iequals(name, "name")) {
      head.name = std::move(text);
      return !std::exchange(named, true);
    }
    if (iequals(name, "filename")) {
      head.filename = std::move(text);
      return !std::exchange(filed, true);
    }
    encoded = encoded || iequals(name, "filename*");
    return true;
  });
  if (encoded) return malformed("has a `filename*`, which forms do not (RFC 7578): send `filename` in UTF-8");
  if (!good || !named || head.name.empty())
    return malformed("has a part whose Content-Disposition does not say its name, once and in one way");
  return {};
}

Result<PartHead> read_part_head(std::string_view lines, size_t most_lines) {
  PartHead head;
  bool disposed = false;
  for (size_t n = 0; !lines.empty(); ++n) {
    const size_t end = lines.find("\r\n");  // each line has one
    const std::string_view line = lines.substr(0, end);
    lines.remove_prefix(end + 2);
    if (n == most_lines) return fail(Code::out_of_range, "a part of the multipart body has over {} lines", most_lines);
    const size_t colon = line.find(':');
    const std::string_view name = line.substr(0, std::min(colon, line.size()));
    if (colon == line.npos || name.empty() || !std::all_of(name.begin(), name.end(), is_token_char))
      return malformed("has a header line that is none");
    const std::string_view value = trim(line.substr(colon + 1));
    if (has_control(value)) return malformed("has a control character in a header line");
    if (iequals(name, "content-disposition")) {
      if (std::exchange(disposed, true)) return malformed("has a part with two Content-Dispositions");
      if (auto ok = read_disposition(value, head); !ok) return tl::unexpected(ok.error());
    } else if (iequals(name, "content-type")) {
      head.media_type = value;
    } else if (iequals(name, "content-transfer-encoding")) {
      if (!iequals(value, "binary") && !iequals(value, "8bit") && !iequals(value, "7bit"))
        return malformed("has a part in another encoding than binary: send its bytes as they are");
    }
  }
  if (!disposed) return malformed("has a part without Content-Disposition");
  return head;
}

}  // namespace

Result<std::string> multipart_boundary(std::string_view content_type) {
  const size_t semicolon = std::min(content_type.find(';'), content_type.size());
  if (!iequals(trim(content_type.substr(0, semicolon)), "multipart/form-data"))
    return fail(Code::invalid_argument, "the body must be multipart/form-data");
  std::string boundary;
  bool once = true;
  const bool good = each_parameter(content_type.substr(semicolon), [&](std::string_view name, std::string text) {
    if (!iequals(name, "boundary")) return true;
    once = boundary.empty();
    boundary = std::move(text);
    return once;
  });
  if (!good || boundary.empty() || boundary.size() > kMostBoundary || boundary.back() == ' ' ||
      !std::all_of(boundary.begin(), boundary.end(), is_boundary_char))
    return fail(Code::invalid_argument, "the Content-Type must name one boundary of 1 to 70 characters (RFC 2046)");
  return boundary;
}

Result<void> MultipartReader::feed(std::string_view bytes) {
  buffer_.append(bytes);
  for (;;) {
    const auto stepped = step();
    if (!stepped) return tl::unexpected(stepped.error());
    if (!*stepped) break;
  }
  buffer_.erase(0, std::exchange(at_, 0));
  return {};
}

Result<void> MultipartReader::finish() const {
  if (state_ != State::end) return malformed("ends before its last boundary: send all of it");
  return {};
}

Result<bool> MultipartReader::step() {
  switch (state_) {
    case State::data:
      return take_data();
    case State::behind_boundary:
      return take_boundary_end();
    case State::head:
      return take_head();
    case State::end: {
      const std::string_view rest = std::string_view(buffer_).substr(at_);
      if (rest != "\r\n" && !std::string_view("\r\n").starts_with(rest)) return malformed("goes on behind its end");
      return false;
    }
  }
  return false;
}

Result<bool> MultipartReader::take_data() {
  const size_t found = buffer_.find(delimiter_, at_);
  // The start of a boundary may be at the end of what came.
  const size_t sure = buffer_.size() - std::min(buffer_.size(), delimiter_.size() - 1);
  const size_t end = found != buffer_.npos ? found : std::max(sure, at_);
  if (end > at_) {
    if (before_first_) return malformed("does not begin with its boundary");
    if (auto ok = sink_.data(std::string_view(buffer_).substr(at_, end - at_)); !ok) return tl::unexpected(ok.error());
  }
  at_ = end;
  if (found == buffer_.npos) {
    if (before_first_ && !std::string_view(delimiter_).starts_with(std::string_view(buffer_).substr(at_)))
      return malformed("does not begin with its boundary");
    return false;
  }
  at_ += delimiter_.size();
  before_first_ = false;
  state_ = State::behind_boundary;
  return true;
}

Result<bool> MultipartReader::take_boundary_end() {
  const std::string_view rest = std::string_view(buffer_).substr(at_);
  if (rest.size() < 2) return false;
  if (rest.starts_with("--") && parts_ > 0) {
    state_ = State::end;
  } else if (rest.starts_with("\r\n")) {
    if (parts_ == limits_.parts) return fail(Code::out_of_range, "the multipart body has over {} parts", limits_.parts);
    ++parts_;
    state_ = State::head;
  } else {
    return malformed("has a line that begins like its boundary and is another: choose another boundary");
  }
  at_ += 2;
  return true;
}

Result<bool> MultipartReader::take_head() {
  const std::string_view rest = std::string_view(buffer_).substr(at_);
  constexpr std::string_view kEnd = "\r\n\r\n";
  const size_t end = rest.substr(0, limits_.head_bytes + kEnd.size()).find(kEnd);
  if (end == rest.npos) {
    if (rest.size() < limits_.head_bytes + kEnd.size()) return false;
    return fail(Code::out_of_range, "a part's header lines are over {} bytes", limits_.head_bytes);
  }
  const auto head = read_part_head(rest.substr(0, end + 2), limits_.head_lines);
  if (!head) return tl::unexpected(head.error());
  if (auto ok = sink_.begin(*head); !ok) return tl::unexpected(ok.error());
  at_ += end + kEnd.size();
  state_ = State::data;
  return true;
}

}  // namespace trine::gateway
