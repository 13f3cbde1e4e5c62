// The configuration as it may be shown.
#include <algorithm>

#include "protect/audit.h"
#include "web/api.h"
#include "yaml/document.h"

namespace trine::web {
namespace {

constexpr const char* kHidden = "(not shown)";

// A value that only points at a secret says where to look and may be seen.
bool points_elsewhere(std::string_view text) {
  return text.starts_with("file:") || (text.starts_with("${") && text.find('}') == text.size() - 1);
}

// "https://name:password@host" without what stands before the @.
std::string without_user(std::string text) {
  const size_t scheme = text.find("://"), at = text.find('@', scheme == std::string::npos ? 0 : scheme);
  if (scheme == std::string::npos || at == std::string::npos || at > text.find('/', scheme + 3)) return text;
  return text.substr(0, scheme + 3) + kHidden + text.substr(at);
}

std::string scalar(const std::string& key, const std::string& text) {
  const std::string shown = protect::is_secret_name(key) && !points_elsewhere(text) ? kHidden : without_user(text);
  const bool plain = !shown.empty() && shown.find_first_of("#\n\"'{}[]&*!|>%@`,") == std::string::npos &&
                     shown.find(": ") == std::string::npos && shown.front() != ' ' && shown.back() != ' ' &&
                     shown.front() != '-' && shown.front() != '?' && shown.back() != ':';
  if (plain) return shown;
  std::string out = "\"";
  for (const char c : shown) {
    if (c == '"' || c == '\\') out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out + "\"";
}

void write(const yaml::Node& n, const std::string& key, int depth, std::string& out) {
  const std::string indent(static_cast<size_t>(depth) * 2, ' ');
  switch (n.kind) {
    case yaml::Node::Kind::null:
      out += " null\n";
      return;
    case yaml::Node::Kind::scalar:
      out += " " + scalar(key, n.text) + "\n";
      return;
    case yaml::Node::Kind::map:
      out += n.entries.empty() ? " {}\n" : "\n";
      for (const auto& e : n.entries) {
        out += indent + e.key + ":";
        write(e.value, e.key, depth + 1, out);
      }
      return;
    case yaml::Node::Kind::list:
      out += n.items.empty() ? " []\n" : "\n";
      for (const auto& item : n.items) {
        out += indent + "-";
        if (item.kind != yaml::Node::Kind::map || item.entries.empty()) {
          write(item, key, depth + 1, out);
          continue;
        }
        // The first field stands beside the dash.
        std::string inner;
        write(item, key, depth + 1, inner);
        out += " " + inner.substr(std::min(inner.size(), static_cast<size_t>(depth + 1) * 2 + 1));
      }
      return;
  }
}

}  // namespace

Result<std::string> redacted_config(const std::string& file) {
  const auto document = yaml::load_file(file);
  if (!document) return tl::unexpected(document.error());
  std::string out;
  write(document->root, "", 0, out);
  return out.starts_with('\n') ? out.substr(1) : out;
}

}  // namespace trine::web
