#include "load/target.h"

#include <algorithm>
#include <fstream>

#include "base/text.h"
#include "net/fetch.h"

namespace trine::load {

constexpr size_t kMaxKey = 4096;

std::string Target::url() const {
  return (origin.tls ? "https://" : "http://") + authority + path;
}

Result<Target> make_target(const std::string& url, const std::string& ca_file) {
  auto parsed = net::parse_fetch_url(url);
  if (!parsed) return fail(Code::invalid_argument, "{}: {}", url, parsed.error().message);
  if (parsed->target.find('?') != std::string::npos)
    return fail(Code::invalid_argument, "{}: the address of the API holds no '?'", url);
  Target target;
  target.authority = parsed->authority();
  target.path = std::move(parsed->target);
  while (target.path.ends_with('/')) target.path.pop_back();
  if (target.path.empty()) target.path = "/v1";
  if (!target.path.ends_with("/chat/completions")) target.path += "/chat/completions";
  target.origin.address = std::move(parsed->address);
  if (!parsed->tls && !ca_file.empty()) return fail(Code::invalid_argument, "{}: only https:// needs a CA file", url);
  if (!parsed->tls) return target;
  auto tls = net::tls_client({.ca_file = ca_file, .cert_file = {}, .key_file = {}});
  if (!tls) return tl::unexpected(tls.error());
  target.origin.tls = std::move(*tls);
  return target;
}

Result<std::string> read_key(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  std::string line(kMaxKey + 1, '\0');
  in.read(line.data(), static_cast<std::streamsize>(line.size()));
  if (in.bad() || (in.gcount() == 0 && !in.eof())) return fail(Code::not_found, "cannot read the key file {}", file);
  line.resize(static_cast<size_t>(in.gcount()));
  if (line.size() > kMaxKey) return fail(Code::invalid_argument, "{} is too large for a key", file);
  line.resize(std::min(line.find_first_of("\r\n"), line.size()));
  std::string key(trim(line));
  if (key.empty()) return fail(Code::invalid_argument, "the first line of the key file {} is empty", file);
  if (!std::all_of(key.begin(), key.end(), [](char c) { return c > 0x20 && c < 0x7f; }))
    return fail(Code::invalid_argument, "the first line of {} holds what no key holds (blanks, control characters)",
                file);
  return key;
}

}  // namespace trine::load
