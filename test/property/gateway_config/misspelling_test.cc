// Any configuration with one key misspelt is refused at that key's place, with the right name.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "unit/gateway_config/sample.h"
#include "yaml/document.h"

namespace trine::gateway::misspelling_test {
namespace {

struct KeyPlace {
  std::string key;
  yaml::Mark where;
  std::vector<std::string_view> siblings;  // every right name in the same map
};

// Keys whose names are free, so that any spelling is right.
bool free_names(std::string_view map) {
  return map == "control" || map == "exchange" || map == "zones";
}

void collect(const yaml::Node& node, std::vector<KeyPlace>& out) {
  for (const auto& item : node.items) collect(item, out);
  for (const auto& entry : node.entries) {
    KeyPlace place{entry.key, entry.key_mark, {}};
    for (const auto& sibling : node.entries) place.siblings.push_back(sibling.key);
    out.push_back(std::move(place));
    if (!free_names(entry.key) || entry.value.kind == yaml::Node::Kind::list) {
      collect(entry.value, out);
    } else {
      for (const auto& inner : entry.value.entries) collect(inner.value, out);
    }
  }
}

const std::vector<KeyPlace>& places() {
  static const yaml::Document document = yaml::load_text("c.yaml", sample::kFull).value();
  static const std::vector<KeyPlace> all = [] {
    std::vector<KeyPlace> out;
    collect(document.root, out);
    return out;
  }();
  return all;
}

// One slip of a finger: a letter left out, doubled, replaced, or two swapped.
std::string misspell(const std::string& word) {
  std::string out = word;
  const auto at = *rc::gen::inRange<size_t>(0, word.size());
  switch (*rc::gen::inRange(0, 4)) {
    case 0:
      out.erase(at, 1);
      break;
    case 1:
      out.insert(at, 1, word[at]);
      break;
    case 2:
      out[at] = *rc::gen::inRange('a', static_cast<char>('z' + 1));
      break;
    default:
      if (at + 1 < word.size()) std::swap(out[at], out[at + 1]);
  }
  return out;
}

std::string replace_at(std::string_view text, const yaml::Mark& mark, const std::string& from, const std::string& to) {
  size_t begin = 0;
  for (int line = 1; line < mark.line; ++line) begin = text.find('\n', begin) + 1;
  begin += static_cast<size_t>(mark.column - 1);
  EXPECT_EQ(text.substr(begin, from.size()), from);
  return std::string(text.substr(0, begin)) + to + std::string(text.substr(begin + from.size()));
}

RC_GTEST_PROP(Misspelling, OneMisspeltKeyIsRefusedAtItsPlaceWithTheRightName, ()) {
  const KeyPlace place = *rc::gen::elementOf(places());
  const std::string wrong = misspell(place.key);
  // A slip may hit another right name (the map then has it twice), or nothing that could be a key.
  RC_PRE(wrong != place.key && !wrong.empty());
  RC_PRE(std::find(place.siblings.begin(), place.siblings.end(), wrong) == place.siblings.end());
  // Two-letter names ("id") may be as near to another.
  RC_PRE(nearest(wrong, place.siblings) == place.key);

  const auto config = sample::load(replace_at(sample::kFull, place.where, place.key, wrong));
  RC_ASSERT(!config);
  const std::string& message = config.error().message;
  const std::string start =
      fmt::format("c.yaml:{}:{}: unknown key \"{}\"", place.where.line, place.where.column, wrong);
  const size_t at = message.find(start);
  RC_ASSERT(at != std::string::npos);
  const std::string line = message.substr(at, message.find('\n', at) - at);
  RC_LOG() << line << " (it was " << place.key << ")";
  constexpr std::string_view kAsks = "; did you mean \"";
  const size_t asks = line.find(kAsks);
  RC_ASSERT(asks != std::string::npos && line.ends_with("\"?"));
  const std::string meant = line.substr(asks + kAsks.size(), line.size() - asks - kAsks.size() - 2);
  // A name that the sample does not use may be as near: "or" is "on" as well as "ocr".
  const std::array<std::string_view, 2> either = {meant, place.key};
  RC_ASSERT(nearest(wrong, either) == meant);
}

RC_GTEST_PROP(Misspelling, ADuplicateKeyIsRefusedAtItsSecondPlace, ()) {
  static const std::vector<std::string> lines = {"workers: 3", "anonymous: false", "extra_ca: x.pem", "log: {}"};
  const std::string line = *rc::gen::elementOf(lines);
  const auto config = sample::load(std::string(sample::kFull) + line + "\n");
  RC_ASSERT(!config);
  const auto last = 1 + std::count(sample::kFull.begin(), sample::kFull.end(), '\n');
  RC_ASSERT(config.error().message.find(
                fmt::format("c.yaml:{}:1: \"{}\" stands twice", last, line.substr(0, line.find(':')))) == 0u);
}

// Whatever is cut off or overwritten: an answer, never a crash, never a secret in the error.
RC_GTEST_PROP(Misspelling, DamagedFilesAreAnsweredWithoutTheirSecrets, ()) {
  std::string text(sample::kFull.substr(0, *rc::gen::inRange<size_t>(0, sample::kFull.size())));
  const int hits = *rc::gen::inRange(0, 4);
  for (int i = 0; i < hits && !text.empty(); ++i)
    text[*rc::gen::inRange<size_t>(0, text.size())] = *rc::gen::element('{', '}', '[', ']', ':', '\n', ' ', '"', '#');
  const auto config = sample::load(text);
  if (config) return;
  RC_ASSERT(!config.error().message.empty());
  RC_ASSERT(config.error().message.find("up-hunter2") == std::string::npos);
}

}  // namespace
}  // namespace trine::gateway::misspelling_test
