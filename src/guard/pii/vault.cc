#include "guard/pii/vault.h"

#include <algorithm>

namespace trine::guard {

size_t placeholder_length(std::string_view text) {
  if (text.empty()) return std::string_view::npos;
  if (text[0] != '<') return 0;
  size_t underscore = 0;
  for (size_t i = 1; i < std::min(text.size(), PiiVault::kLongestToken); ++i) {
    const char c = text[i];
    if (c == '>') {
      const bool has_number =
          underscore > 1 && i > underscore + 1 && text[underscore + 1] != '0' &&
          text.substr(underscore + 1, i - underscore - 1).find_first_not_of("0123456789") == std::string_view::npos;
      return has_number && parse_pii_type(text.substr(1, underscore - 1)) ? i + 1 : 0;
    }
    if (c == '_') {
      underscore = i;
    } else if (!(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9')) {
      return 0;
    }
  }
  return text.size() < PiiVault::kLongestToken ? std::string_view::npos : 0;
}

void PiiVault::avoid(std::string_view text) {
  for (size_t at = text.find('<'); at != std::string_view::npos; at = text.find('<', at + 1)) {
    const size_t n = placeholder_length(text.substr(at));
    if (n == 0 || n == std::string_view::npos) continue;
    if (avoided_.size() < kMostEntries) avoided_.emplace(text.substr(at, n));
  }
}

std::string PiiVault::token(PiiType type, std::string_view original) {
  const std::pair key(type, std::string(original));
  if (const auto known = tokens_.find(key); known != tokens_.end()) return known->second;
  // A user who writes thousands of placeholders could leave one out of avoided_: then no more are handed out.
  if (originals_.size() >= kMostEntries || avoided_.size() >= kMostEntries) return {};
  std::string token;
  do {
    token = "<" + std::string(name(type)) + "_" + std::to_string(++next_[static_cast<size_t>(type)]) + ">";
  } while (avoided_.contains(token));
  originals_.emplace(token, original);
  tokens_.emplace(key, token);
  return token;
}

const std::string* PiiVault::original(std::string_view token) const {
  const auto at = originals_.find(token);
  return at == originals_.end() ? nullptr : &at->second;
}

void PiiRestorer::push(std::string_view chunk, std::string& out) {
  if (held_.empty() && chunk.find('<') == std::string_view::npos) {
    out += chunk;
    return;
  }
  held_ += chunk;
  std::string_view rest = held_;
  while (!rest.empty()) {
    const size_t at = std::min(rest.find('<'), rest.size());
    out += rest.substr(0, at);
    rest.remove_prefix(at);
    if (rest.empty()) break;
    const size_t n = placeholder_length(rest);
    if (n == std::string_view::npos) break;
    const std::string* original = n > 0 ? vault_.original(rest.substr(0, n)) : nullptr;
    const size_t taken = n > 0 ? n : 1;
    out += original != nullptr ? std::string_view(*original) : rest.substr(0, taken);
    rest.remove_prefix(taken);
  }
  held_.erase(0, held_.size() - rest.size());
}

void PiiRestorer::finish(std::string& out) {
  out += held_;
  held_.clear();
}

std::string restore(const PiiVault& vault, std::string_view text) {
  std::string out;
  PiiRestorer r(vault);
  r.push(text, out);
  r.finish(out);
  return out;
}

}  // namespace trine::guard
