// The configuration as it may be shown.
#include <algorithm>

#include "gateway/config/config.h"
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

std::string quoted_if_needed(const std::string& shown) {
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

class ConfigText {
 public:
  explicit ConfigText(std::string& out) : out_(out) {}

  // `path` as in the reference: "keys[].secret"; `key` is its last name.
  void write(const yaml::Node& n, const std::string& path, const std::string& key, int depth) {
    const std::string indent(static_cast<size_t>(depth) * 2, ' ');
    switch (n.kind) {
      case yaml::Node::Kind::null:
        out_ += " null\n";
        return;
      case yaml::Node::Kind::scalar:
        out_ += " " + quoted_if_needed(shown(n.text, path, key)) + "\n";
        return;
      case yaml::Node::Kind::map:
        out_ += n.entries.empty() ? " {}\n" : "\n";
        for (const auto& e : n.entries) {
          out_ += indent + e.key + ":";
          write(e.value, path.empty() ? e.key : path + "." + e.key, e.key, depth + 1);
        }
        return;
      case yaml::Node::Kind::list:
        out_ += n.items.empty() ? " []\n" : "\n";
        for (const auto& item : n.items) {
          out_ += indent + "-";
          const size_t at = out_.size();
          write(item, path + "[]", key, depth + 1);
          // The first field of a map stands beside the dash.
          if (item.kind == yaml::Node::Kind::map && !item.entries.empty())
            out_.replace(at, static_cast<size_t>(depth + 1) * 2 + 1, " ");
        }
        return;
    }
  }

 private:
  // Declared as a secret, or called like one where nothing of that name is declared.
  std::string shown(const std::string& text, const std::string& path, const std::string& key) const {
    if (points_elsewhere(text)) return text;
    const bool secret =
        protect::is_secret_name(key) || std::find(secrets_.begin(), secrets_.end(), path) != secrets_.end();
    return secret ? kHidden : without_user(text);
  }

  std::string& out_;
  const std::vector<std::string> secrets_ = gateway::config_secrets();
};

}  // namespace

Result<std::string> redacted_config(const std::string& file) {
  const auto document = yaml::load_file(file);
  if (!document) return tl::unexpected(document.error());
  std::string out;
  ConfigText(out).write(document->root, "", "", 0);
  return out.starts_with('\n') ? out.substr(1) : out;
}

}  // namespace trine::web
