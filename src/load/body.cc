#include "load/body.h"

#include <array>

#include "base/hash.h"
#include "json/write.h"

namespace trine::load {
namespace {

// 64 words, so that one mixed number gives ten of them.
constexpr std::array<std::string_view, 64> kWords = {
    "time",   "year",     "people",   "way",   "day",     "man",   "thing", "woman",   "life",   "child",  "world",
    "school", "state",    "family",   "group", "country", "hand",  "part",  "place",   "case",   "week",   "company",
    "system", "program",  "question", "work",  "number",  "night", "point", "home",    "water",  "room",   "mother",
    "area",   "money",    "story",    "fact",  "month",   "lot",   "right", "study",   "book",   "eye",    "job",
    "word",   "business", "issue",    "side",  "kind",    "head",  "house", "service", "friend", "father", "power",
    "hour",   "game",     "line",     "end",   "member",  "law",   "car",   "city",    "name"};
constexpr int32_t kWordsPerNumber = 10;

void append_words(std::string& out, uint64_t of, int32_t from, int32_t to) {
  uint64_t bits = 0;
  for (int32_t i = from; i < to; ++i) {
    const int32_t within = i % kWordsPerNumber;
    if (i == from || within == 0) bits = mix64(of + static_cast<uint64_t>(i / kWordsPerNumber) + 1) >> (6 * within);
    out += kWords[bits & 63];
    out += ' ';
    bits >>= 6;
  }
}

}  // namespace

std::string prompt_text(const Arrival& a, uint64_t seed) {
  std::string text;
  text.reserve(static_cast<size_t>(a.in) * 7);
  const uint64_t own = mix64(mix64(seed) + a.number + 1);
  // The first of those that begin alike has nothing in common with an earlier one: it says how they begin.
  const uint64_t shared = a.prefix == 0 ? own : mix64(~mix64(seed) + a.prefix);
  const int32_t alike = a.prefix != 0 && a.cached == 0 ? a.in : a.cached;
  append_words(text, shared, 0, alike);
  append_words(text, own, alike, a.in);
  if (!text.empty()) text.pop_back();
  return text;
}

Body make_body(const Arrival& a, const BodyOptions& o, const std::vector<Document>& documents) {
  Body body;
  body.head = "{\"model\":";
  json::append_string(body.head, o.model);
  body.head += ",\"messages\":[{\"role\":\"user\",\"content\":";
  const std::string text = prompt_text(a, o.seed);
  if (a.document) {
    body.head += "[{\"type\":\"text\",\"text\":";
    json::append_string(body.head, text);
    body.head += "},";
    body.document = documents[*a.document].part;
    body.tail = "]";
  } else {
    json::append_string(body.head, text);
  }
  body.tail += "}],\"max_tokens\":" + std::to_string(a.out);
  if (o.ignore_eos) body.tail += ",\"ignore_eos\":true";
  if (a.stream) body.tail += ",\"stream\":true,\"stream_options\":{\"include_usage\":true}";
  body.tail += "}";
  return body;
}

}  // namespace trine::load
