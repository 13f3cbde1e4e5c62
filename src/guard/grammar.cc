#include "guard/grammar.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>
#include <set>
#include <sstream>

#include "base/hash.h"
#include "base/text.h"

namespace trine::guard {
namespace {

constexpr int kMostNested = 12;  // slots within slots
constexpr size_t kMostVariations = 2000;

std::vector<std::string> choices(std::string_view text) {
  std::vector<std::string> out;
  for (size_t at = 0;;) {
    const size_t bar = text.find('|', at);
    out.emplace_back(trim(text.substr(at, bar - at)));
    if (bar == std::string_view::npos) return out;
    at = bar + 1;
  }
}

bool is_slot_name(std::string_view s) {
  return !s.empty() && s.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_.") == std::string_view::npos;
}

// The next {slot} at or behind `from`: where it stands, and its name. Other braces are text.
struct SlotUse {
  size_t begin = 0, end = 0;
  std::string_view name;
  bool optional = false;
};
std::optional<SlotUse> next_slot(std::string_view text, size_t from) {
  for (size_t begin = text.find('{', from); begin != std::string_view::npos; begin = text.find('{', begin + 1)) {
    const size_t end = text.find('}', begin);
    if (end == std::string_view::npos) break;
    std::string_view name = text.substr(begin + 1, end - begin - 1);
    const bool optional = name.ends_with('?');
    if (optional) name.remove_suffix(1);
    if (is_slot_name(name.starts_with('@') ? name.substr(1) : name)) return SlotUse{begin, end + 1, name, optional};
  }
  return std::nullopt;
}

}  // namespace

uint64_t Random::next() {
  state_ += 0x9e3779b97f4a7c15;
  return mix64(state_);
}

Result<void> Grammar::read(const std::string& file, std::string_view text) {
  source_text_.append(file).append("\n").append(text).append("\n");
  size_t variations = 20;
  size_t number = 0;
  std::string line;
  std::istringstream lines{std::string(text)};
  for (std::string piece; std::getline(lines, piece);) {
    ++number;
    line += piece;
    if (line.ends_with('\\')) {
      line.pop_back();
      continue;
    }
    const std::string now(trim(std::exchange(line, {})));
    const std::string at = fmt::format("{}:{}", file, number);
    if (now.empty() || now.starts_with('#')) continue;
    if (now.starts_with("@each ")) {
      const auto n = parse_int(trim(std::string_view(now).substr(6)));
      if (!n || *n < 1 || *n > static_cast<int64_t>(kMostVariations)) {
        return fail(Code::invalid_argument, "{}: @each takes a number from 1 to {}", at, kMostVariations);
      }
      variations = static_cast<size_t>(*n);
      continue;
    }
    const size_t mark = now.find_first_of("=>");
    const std::string name(trim(std::string_view(now).substr(0, mark)));
    if (mark == std::string::npos || !is_slot_name(name)) {
      return fail(Code::invalid_argument, "{}: neither 'slot = a | b' nor 'label> sentence'", at);
    }
    const std::string rest(trim(std::string_view(now).substr(mark + 1)));
    if (now[mark] == '>') {
      templates_.push_back({name, rest, file, at, variations});
    } else if (!slots_.emplace(name, choices(rest)).second) {
      return fail(Code::already_exists, "{}: the slot '{}' is there twice", at, name);
    }
  }
  return {};
}

Result<Grammar> Grammar::load(const std::string& folder) {
  std::error_code error;
  std::set<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (entry.path().extension() == ".txt") files.insert(entry.path());
  }
  if (error) return fail(Code::not_found, "{}: {}", folder, error.message());
  Grammar grammar;
  for (const auto& path : files) {
    std::ifstream in(path, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    if (!in) return fail(Code::unavailable, "{} cannot be read", path.string());
    if (auto done = grammar.read(path.filename().string(), text.str()); !done) return tl::unexpected(done.error());
  }
  if (auto good = grammar.check(); !good) return tl::unexpected(good.error());
  return grammar;
}

Result<void> Grammar::check(const std::string& text, const std::string& at, int depth) const {
  if (depth > kMostNested) return fail(Code::invalid_argument, "{}: slots nest deeper than {}", at, kMostNested);
  for (auto use = next_slot(text, 0); use; use = next_slot(text, use->end)) {
    if (use->name.starts_with('@')) continue;
    const auto slot = slots_.find(use->name);
    if (slot == slots_.end()) return fail(Code::not_found, "{}: no slot is named '{}'", at, use->name);
    for (const auto& choice : slot->second) {
      if (auto good = check(choice, at, depth + 1); !good) return good;
    }
  }
  return {};
}

Result<void> Grammar::check() const {
  for (const auto& t : templates_) {
    if (auto good = check(t.text, t.at, 0); !good) return good;
  }
  return {};
}

void Grammar::expand(std::string_view text, Random& random, FunctionRef<std::string(std::string_view, Random&)> given,
                     int depth, std::string& out) const {
  size_t from = 0;
  for (auto use = next_slot(text, 0); use && depth <= kMostNested; use = next_slot(text, from)) {
    out += text.substr(from, use->begin - from);
    from = use->end;
    if (use->optional && random.coin()) continue;
    if (use->name.starts_with('@')) {
      out += given(use->name, random);
    } else if (const auto slot = slots_.find(use->name); slot != slots_.end()) {
      expand(slot->second[random.below(slot->second.size())], random, given, depth + 1, out);
    }
  }
  out += text.substr(from);
}

std::vector<Grammar::Phrase> Grammar::expand(uint64_t seed,
                                             FunctionRef<std::string(std::string_view, Random&)> given) const {
  std::vector<Phrase> out;
  Random random(seed);
  for (const auto& t : templates_) {
    std::set<std::string> seen;
    for (size_t i = 0; i < t.variations; ++i) {
      std::string raw;
      expand(t.text, random, given, 0, raw);
      std::string text;  // one blank where an optional slot left two; \n as a line end
      for (size_t at = 0; at < raw.size(); ++at) {
        if (raw[at] == '\\' && at + 1 < raw.size() && raw[at + 1] == 'n') {
          text += '\n';
          ++at;
        } else if (raw[at] != ' ' || (!text.empty() && text.back() != ' ')) {
          text += raw[at];
        }
      }
      if (seen.insert(text).second) out.push_back({t.label, std::move(text), t.file});
    }
  }
  return out;
}

}  // namespace trine::guard
