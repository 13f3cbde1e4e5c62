#include "guard/training_set.h"

#include <algorithm>
#include <map>
#include <string>

#include "guard/disguises.h"

namespace trine::guard {
namespace {

constexpr size_t kLongestGoal = 240;     // bytes of a text that fills a slot
constexpr size_t kLongestPassage = 300;  // bytes of a document around what is set into it

// The texts that fill slots and surround payloads.
struct Pools {
  std::vector<const TrainingText*> unsafe, prompts, tasks, documents;
};

Pools pools(const Corpus& corpus, int left_out) {
  Pools out;
  for (const auto& t : corpus.texts) {
    if (!t.trainable || (left_out >= 0 && t.fold == left_out)) continue;
    const bool is_short = t.text.size() <= kLongestGoal;
    if (t.targets[static_cast<size_t>(Head::unsafe)] == Target::yes && is_short) out.unsafe.push_back(&t);
    if (t.everyday && is_short) out.prompts.push_back(&t);
    const bool is_task =
        t.source.starts_with("self_instruct") || t.source == "nlu_eval_home" || t.source == "glaive_toolcall";
    if (is_task && is_short) out.tasks.push_back(&t);
    if (t.document && t.targets[static_cast<size_t>(Head::indirect)] == Target::no) out.documents.push_back(&t);
    if (t.source == "t0_p3_sample" && t.text.size() > 2 * kLongestPassage) out.documents.push_back(&t);
  }
  return out;
}

// A piece of a document of at most kLongestPassage bytes, cut at blanks.
std::string passage(const std::string& text, Random& random) {
  if (text.size() <= kLongestPassage) return text;
  size_t begin = random.below(text.size() - kLongestPassage);
  begin = std::min(text.find(' ', begin), text.size() - kLongestPassage);
  while ((static_cast<unsigned char>(text[begin]) & 0xc0) == 0x80) ++begin;
  const std::string cut = text.substr(begin, 60 + random.below(kLongestPassage - 60));
  return cut.substr(0, cut.rfind(' '));
}

std::string set_into(const std::string& payload, const std::vector<const TrainingText*>& documents, Random& random) {
  if (documents.empty()) return payload;
  const std::string& document = documents[random.below(documents.size())]->text;
  const char* const between = random.coin() ? " " : "\n";
  std::string out;
  if (random.below(4) != 0) out += passage(document, random) + (random.coin() ? "." : "") + between;
  out += payload;
  if (random.below(4) != 0) out += between + passage(document, random);
  return out;
}

}  // namespace

TrainingSet compose(const Corpus& corpus, const Grammar& grammar, uint64_t seed, int left_out) {
  TrainingSet out;
  std::map<std::string, uint32_t> sources;
  const auto source = [&](const std::string& name) {
    return sources.emplace(name, static_cast<uint32_t>(sources.size())).first->second;
  };
  for (const auto& t : corpus.texts) {
    if (!t.trainable || (left_out >= 0 && t.fold == left_out)) continue;
    out.examples.push_back({&t.features, t.targets, source(t.source)});
  }

  const Pools pool = pools(corpus, left_out);
  const auto any_of = [](const std::vector<const TrainingText*>& texts, Random& random) {
    return texts.empty() ? std::string() : texts[random.below(texts.size())]->text;
  };
  const auto given = [&](std::string_view name, Random& random) {
    return any_of(name == "@unsafe" ? pool.unsafe : name == "@task" ? pool.tasks : pool.prompts, random);
  };
  Featuriser featuriser;
  Random random(seed + 1);
  for (auto& phrase : grammar.expand(seed, given)) {
    Targets targets = harmless();
    const auto index = [](Head h) { return static_cast<size_t>(h); };
    if (phrase.label == "benign") {
      targets[index(Head::indirect)] = Target::unknown;
    } else if (phrase.label != "passage") {
      for (const Head head : kAllHeads) {
        if (name(head) == phrase.label) targets = targets_of(head);
      }
    }
    // Who overrides instructions does no better in a document.
    if (phrase.label == "injection") targets[index(Head::indirect)] = Target::yes;
    if (phrase.label == "indirect" || (phrase.label == "passage" && random.coin())) {
      phrase.text = set_into(phrase.text, pool.documents, random);
    }
    featuriser.features(phrase.text, out.generated.emplace_back());
    out.examples.push_back({&out.generated.back(), targets, source(phrase.file + phrase.label)});
  }

  // Disguises that tier 0 may leave in place, so that they are neither proof nor shelter.
  size_t eligible = 0;
  for (const auto& t : corpus.texts) {
    if (!t.trainable || (left_out >= 0 && t.fold == left_out) || t.text.size() > kLongestGoal || t.language != "en")
      continue;
    const bool attack = std::ranges::any_of(t.targets, [](Target target) { return target == Target::yes; });
    if (!t.everyday && !attack) continue;
    const Disguise& d = disguises()[eligible++ % disguises().size()];
    if (attack && !d.legible) continue;
    featuriser.features(d.apply(t.text), out.generated.emplace_back());
    out.examples.push_back(
        {&out.generated.back(), t.targets, source(fmt::format("{}{}", d.name, attack ? " attack" : ""))});
  }
  return out;
}

}  // namespace trine::guard
