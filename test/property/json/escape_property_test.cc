// Strings whose every escape may be written in several ways: read back, and mapped to their places.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>
#include <nlohmann/json.hpp>

#include "json/escape.h"

namespace trine::json::escape_property_test {
namespace {

struct Spelling {
  std::string text, raw;
};

// Characters with one of their spellings each.
std::vector<Spelling> spellings() {
  static const std::vector<Spelling> kAll = {{"a", "a"},
                                             {"a", "\\u0061"},
                                             {"\n", "\\n"},
                                             {"\n", "\\u000A"},
                                             {"\"", "\\\""},
                                             {"/", "\\/"},
                                             {"\\", "\\\\"},
                                             {"u", "u"},
                                             {"é", "é"},
                                             {"é", "\\u00e9"},
                                             {"€", "\\u20ac"},
                                             {"€", "€"},
                                             {"😀", "\\ud83d\\ude00"},
                                             {"😀", "😀"},
                                             {"\uFFFD", "\\udc00"},
                                             {" ", " "}};
  return *rc::gen::container<std::vector<Spelling>>(rc::gen::elementOf(kAll));
}

RC_GTEST_PROP(EscapeMap, EveryRunOfCharactersMapsToItsOwnSpelling, ()) {
  const auto all = spellings();
  std::string text, raw;
  for (const auto& s : all) text += s.text, raw += s.raw;
  std::string read(raw.size(), '\0');
  read.resize(unescape_into(read.data(), raw));
  RC_ASSERT(read == text);

  EscapeMap map(raw);
  for (int round = 0; round < 4; ++round) {
    const size_t from = *rc::gen::inRange<size_t>(0, all.size() + 1);
    const size_t to = *rc::gen::inRange<size_t>(from, all.size() + 1);
    size_t begin = 0;
    std::string part_text, part_raw;
    for (size_t i = 0; i < to; ++i) {
      if (i < from) {
        begin += all[i].text.size();
      } else {
        part_text += all[i].text, part_raw += all[i].raw;
      }
    }
    RC_ASSERT(map.raw(begin, begin + part_text.size()) == part_raw);
  }
}

RC_GTEST_PROP(Escaped, AnyTextReadsBack, (const std::string& bytes)) {
  std::string text;
  for (const char c : bytes) {
    if (static_cast<unsigned char>(c) < 0x80) text += c;
  }
  text += "é€😀";
  const std::string raw = escaped(text);
  std::string read(raw.size(), '\0');
  read.resize(unescape_into(read.data(), raw));
  RC_ASSERT(read == text);
  RC_ASSERT(nlohmann::json::parse('"' + raw + '"').get<std::string>() == text);
}

}  // namespace
}  // namespace trine::json::escape_property_test
