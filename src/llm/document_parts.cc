#include "llm/document_parts.h"

#include <array>

#include "base/text.h"
#include "json/escape.h"
#include "json/read.h"
#include "json/write.h"

namespace trine::llm {
namespace {

using json::Value;
using std::string_view;
using PartKind = DocumentPart::Kind;
using Source = DocumentPart::Source;

// What stands before the contents of a data: URL is short; more is no data: URL.
constexpr size_t kMostHead = 256;

std::string plain(const Value& value) {
  std::string text(value.escaped().size(), '\0');
  text.resize(json::unescape_into(text.data(), value.escaped()));
  return text;
}

// A string of the body: a data: URL, an http(s) URL, or base64 alone.
void take_contents(DocumentPart& part, const Value& value) {
  const string_view raw = value.escaped();
  part.value = value.raw;
  // A head may hold escapes: "data:application\/pdf;base64,...". They end before the comma.
  const size_t comma = raw.substr(0, kMostHead).find(',');
  std::string head(raw.substr(0, comma == string_view::npos ? std::min(raw.size(), kMostHead) : comma));
  std::string unescaped(head.size(), '\0');
  unescaped.resize(json::unescape_into(unescaped.data(), head));
  if (unescaped.size() >= 5 && iequals(string_view(unescaped).substr(0, 5), "data:")) {
    if (comma == string_view::npos) return;
    part.source = Source::data;
    const string_view says = string_view(unescaped).substr(5);
    part.base64 = says.size() >= 7 && iequals(says.substr(says.size() - 7), ";base64");
    part.media_type = says.substr(0, says.find(';'));
    part.data = raw.substr(comma + 1);
  } else if (unescaped.find("://") != std::string::npos) {
    part.source = Source::url;
    part.text = plain(value);
  } else if (!raw.empty()) {
    part.source = Source::data;
    part.data = raw;
  }
}

void take_id(DocumentPart& part, const Value& value) {
  part.source = Source::id;
  part.value = value.raw;
  part.text = plain(value);
}

class PartFinder {
 public:
  explicit PartFinder(std::vector<DocumentPart>& out) : out_(out) {}

  // `messages` or `input`: items with `content` or `output`, whose parts may be documents.
  void items(string_view key, const Value& value) {
    size_t i = 0;
    elements(value, [&](const Value& item) {
      const std::string place = fmt::format("{}[{}]", key, i++);
      if (!item.is_object()) return;
      members(item, [&](string_view name, const Value& inner) {
        if (name == "content" || name == "output") parts(fmt::format("{}.{}", place, name), inner);
      });
    });
  }

  Result<void> result() const { return error_ ? Result<void>(tl::unexpected(*error_)) : Result<void>(); }

 private:
  void parts(const std::string& place, const Value& value) {
    size_t i = 0;
    elements(value, [&](const Value& part) {
      const size_t index = i++;
      if (!part.is_object()) return;
      DocumentPart found;
      found.whole = part.raw;
      if (!read(part, found)) return;
      if (out_.size() == kMaxDocumentParts) {
        error_ = Error{
            Code::resource_exhausted,
            fmt::format("it holds more than {} files and pictures; send fewer in one request", kMaxDocumentParts)};
        return;
      }
      found.place = fmt::format("{}[{}]", place, index);
      out_.push_back(std::move(found));
    });
  }

  // The fields of a part, or of the object that a chat part has them in.
  void fields(const Value& object, DocumentPart& part) {
    members(object, [&](string_view key, const Value& value) {
      if (!value.is_string()) return;
      const bool has_contents = part.source == Source::data;
      if (key == "filename" || key == "name") part.name = plain(value);
      if (key == "detail") part.detail = plain(value);
      if (key == "file_data" || key == "file_url" || key == "url" || key == "image_url")
        if (!has_contents) take_contents(part, value);
      if (key == "file_id" && part.source == Source::none) take_id(part, value);
    });
  }

  bool read(const Value& object, DocumentPart& part) {
    std::string type;
    std::optional<Value> file, image;
    members(object, [&](string_view key, const Value& value) {
      if (key == "type" && value.is_string()) type = plain(value);
      if (key == "file") file = value;
      if (key == "image_url") image = value;
    });
    if (type == "file") {
      if (file && file->is_object()) fields(*file, part);
      return true;
    }
    if (type == "input_file") {
      fields(object, part);
      return true;
    }
    if (type != "image_url" && type != "input_image") return false;
    part.kind = PartKind::image;
    if (image && image->is_object()) {
      fields(*image, part);
    } else {
      fields(object, part);
    }
    return true;
  }

  template <class Visit>
  void members(const Value& object, Visit&& visit) {
    if (error_) return;
    const auto walked = json::each_member(object.raw, [&](string_view key, Value value) {
      const std::string name(key);  // the view ends with the next walk
      visit(string_view(name), value);
      return !error_.has_value();
    });
    if (!walked && !error_) error_ = walked.error();
  }
  template <class Visit>
  void elements(const Value& array, Visit&& visit) {
    if (!array.is_array() || error_) return;
    const auto walked = json::each_element(array.raw, [&](Value value) {
      visit(value);
      return !error_.has_value();
    });
    if (!walked && !error_) error_ = walked.error();
  }

  std::vector<DocumentPart>& out_;
  std::optional<Error> error_;
};

// Values of base64 digits; 64 what is skipped, 255 what is none.
constexpr std::array<uint8_t, 256> digits() {
  std::array<uint8_t, 256> t{};
  for (auto& v : t) v = 255;
  const string_view all = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (size_t i = 0; i < all.size(); ++i) t[static_cast<uint8_t>(all[i])] = static_cast<uint8_t>(i);
  for (const char c : {' ', '\t', '\r', '\n'}) t[static_cast<uint8_t>(c)] = 64;
  return t;
}
constexpr std::array<uint8_t, 256> kDigits = digits();

int hex_value(char c) {
  return c >= '0' && c <= '9'   ? c - '0'
         : c >= 'a' && c <= 'f' ? c - 'a' + 10
         : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                : -1;
}

std::string percent_decoded(string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
    const int low = high >= 0 ? hex_value(text[i + 2]) : -1;
    if (low < 0) {
      out += text[i];
      continue;
    }
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

}  // namespace

Result<std::vector<DocumentPart>> find_document_parts(Endpoint endpoint, string_view body) {
  std::vector<DocumentPart> parts;
  if (endpoint != Endpoint::chat && endpoint != Endpoint::responses) return parts;
  const string_view list = endpoint == Endpoint::chat ? "messages" : "input";
  PartFinder finder(parts);
  const auto walked = json::each_member(body, [&](string_view key, Value value) {
    if (key == list) finder.items(list, value);
    return true;
  });
  if (!walked) return tl::unexpected(walked.error());
  if (auto ok = finder.result(); !ok) return tl::unexpected(ok.error());
  return parts;
}

std::optional<std::string> from_base64(string_view text) {
  std::string out;
  out.reserve(text.size() / 4 * 3 + 3);
  uint32_t bits = 0;
  int count = 0;
  size_t i = 0;
  for (; i < text.size(); ++i) {
    const uint8_t digit = kDigits[static_cast<uint8_t>(text[i])];
    if (digit < 64) {
      bits = bits << 6 | digit;
      if (++count < 4) continue;
      out += {static_cast<char>(bits >> 16), static_cast<char>(bits >> 8), static_cast<char>(bits)};
      bits = 0;
      count = 0;
    } else if (text[i] == '=') {
      break;
    } else if (digit != 64) {
      return std::nullopt;
    }
  }
  for (; i < text.size(); ++i)
    if (text[i] != '=' && kDigits[static_cast<uint8_t>(text[i])] != 64) return std::nullopt;
  if (count == 1) return std::nullopt;
  if (count >= 2) out += static_cast<char>(bits >> (count == 2 ? 4 : 10));
  if (count == 3) out += static_cast<char>(bits >> 2);
  return out;
}

std::optional<std::string> decode(const DocumentPart& part) {
  std::string unescaped;
  string_view text = part.data;
  if (text.find('\\') != string_view::npos) {
    unescaped.resize(text.size());
    unescaped.resize(json::unescape_into(unescaped.data(), text));
    text = unescaped;
  }
  if (!part.base64) return percent_decoded(text);
  // Some clients percent-encode what is base64 already.
  return text.find('%') == string_view::npos ? from_base64(text) : from_base64(percent_decoded(text));
}

std::string text_part(Endpoint endpoint, string_view text) {
  std::string out = endpoint == Endpoint::responses ? R"({"type":"input_text","text":)" : R"({"type":"text","text":)";
  json::append_string(out, text);
  return out += '}';
}

}  // namespace trine::llm
