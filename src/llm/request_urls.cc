#include "llm/request_urls.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace trine::llm {
namespace {

using json::Value;
using std::string_view;

// Bytes by which it is plain whether a text is a URL: longer schemes are none that is allowed.
constexpr size_t kLook = 256;

// Values that are base64 by OpenAI's word, and that other servers take a URL in: `file.file_data`, `input_audio.data`,
// and `image`, `video` and `audio` of embedding models.
constexpr std::array<string_view, 5> kMaybe = {"file_data", "data", "image", "video", "audio"};
// Objects that hold one: Anthropic's `source`, the parts `file` and `input_audio`.
constexpr std::array<string_view, 4> kHolders = {"source", "file", "input_audio", "input_file"};
// Of tools: nobody fetches what these hold.
constexpr std::array<string_view, 7> kSchemas = {"function",    "parameters", "input_schema", "inputSchema",
                                                 "description", "schema",     "format"};

template <size_t N>
bool is_among(const std::array<string_view, N>& names, string_view key) {
  return std::find(names.begin(), names.end(), key) != names.end();
}

// The beginning of a string as it reads, cut where an escape might be.
std::string beginning(const Value& text) {
  string_view escaped = text.escaped();
  if (escaped.size() <= kLook) return json::unescape(escaped).value_or(std::string(escaped));
  // The last escape may be cut, or half of a surrogate pair, which is two of six bytes.
  for (size_t end = kLook; end > kLook - 16; --end)
    if (auto plain = json::unescape(escaped.substr(0, end))) return *plain;
  return std::string(escaped.substr(0, kLook));
}

// Parsers of URLs cut blanks and control characters in front.
string_view without_blanks(string_view text) {
  const auto begin =
      std::find_if(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) > 0x20; });
  return text.substr(static_cast<size_t>(begin - text.begin()));
}

bool has_scheme(string_view text, string_view scheme) {
  return text.size() > scheme.size() && iequals(text.substr(0, scheme.size()), scheme);
}

class UrlFinder {
 public:
  UrlFinder(std::string field, std::vector<RequestUrl>& into)
      : field_(std::move(field)), of_tools_(field_ == "tools"), into_(into) {}

  // `key` is the nearest above the value.
  bool look(string_view key, const Value& value) {
    if (value.is_string()) return text(key, value);
    if (!value.is_object() && !value.is_array()) return true;
    const size_t length = field_.size();
    Result<void> walked;
    if (value.is_array()) {
      walked = json::each_element(value.raw, [&](Value item) { return look(key, item); });
    } else {
      walked = json::each_member(value.raw, [&](string_view name, Value member) {
        if (of_tools_ && is_among(kSchemas, name)) return true;
        const std::string name_kept(name);  // the view ends with the next walk
        field_.append(".").append(name_kept);
        // {"image_url": {"url": ...}}: what it is, the outer one says.
        const bool ok = look(name_kept == "url" && is_url_field(key) ? key : string_view(name_kept), member);
        field_.resize(length);
        return ok;
      });
    }
    if (!walked && !error_) error_ = ClientError{ErrorCode::invalid_request, walked.error().message, field_};
    return !error_;
  }

  std::optional<ClientError> error() { return std::move(error_); }

 private:
  bool wrong(std::string why) {
    error_ = ClientError{ErrorCode::invalid_request, "`" + field_ + "` " + std::move(why), field_};
    return false;
  }

  bool text(string_view key, const Value& value) {
    const bool is_url = is_url_field(key) || key == "endpoint";  // the latter of data_sources
    if (!is_url && !is_among(kMaybe, key)) return true;
    const std::string start = beginning(value);
    const string_view plain = without_blanks(start);
    if (plain.size() != start.size() && value.escaped().size() > kLook) return wrong("begins with blanks");
    // Base64 has no colon, and neither has the name of a file.
    if (plain.empty() || (!is_url && plain.find(':') == string_view::npos)) return true;
    if (has_scheme(plain, "data:")) return true;
    // Also without slashes ("https:host"), which some parsers read as if they were there: the check of hosts refuses
    // it.
    if (!has_scheme(plain, "http:") && !has_scheme(plain, "https:")) return wrong("must be an https:// or a data: URL");
    if (value.raw.size() > kMaxUrlBytes) return wrong(fmt::format("is a URL of more than {} bytes", kMaxUrlBytes));
    auto whole = value.as_string();
    if (!whole) return wrong(whole.error().message);
    if (into_.size() == kMostUrls)
      return wrong(
          fmt::format("is one URL more than the {} that a request may have; send fewer, or data: URLs", kMostUrls));
    into_.push_back({key == "image_url", field_, *std::move(whole), value.raw});
    return true;
  }

  std::string field_;
  const bool of_tools_;
  std::vector<RequestUrl>& into_;
  std::optional<ClientError> error_;
};

}  // namespace

bool is_url_field(string_view key) {
  return key == "url" || key.ends_with("_url");
}

bool holds_url(string_view key) {
  return is_url_field(key) || is_among(kMaybe, key) || is_among(kHolders, key);
}

std::optional<ClientError> find_urls(string_view place, string_view key, const Value& value,
                                     std::vector<RequestUrl>& into) {
  std::string field(place);
  if (!field.empty()) field += '.';
  field += key;
  const std::string name(key);
  UrlFinder finder(std::move(field), into);
  finder.look(name, value);
  return finder.error();
}

}  // namespace trine::llm
