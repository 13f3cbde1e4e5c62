// What each shipped rule hits in the benign texts and in the attacks of ../shared/data/guard.
//   guard_rules            the tables
//   guard_rules --write    also writes benign_hits into models/guard/rules/*.yaml
// Every text is scanned as written by a user, a tool and a document at once: a rule counts wherever it applies.
#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <map>
#include <set>

#include "guard/rules.h"
#include "guard_data/corpus.h"

namespace {

using namespace trine;
using namespace trine::guard;

struct Counts {
  size_t texts = 0, hit = 0, blocked = 0;
};

std::set<uint32_t> hits_of(const RuleSet& rules, std::string_view text, RuleScratch& scratch) {
  const std::string folded = guard_data::fold(text);
  std::vector<RuleHit> hits;
  for (const auto p : {Provenance::user, Provenance::tool, Provenance::document, Provenance::assistant}) {
    rules.scan(folded, RuleInput::folded, p, scratch, hits);
    rules.scan(text, RuleInput::original, p, scratch, hits);
  }
  std::set<uint32_t> found;
  for (const auto& h : hits) found.insert(h.rule);
  return found;
}

void print_sizes(const RuleSet& rules) {
  std::map<std::string_view, size_t> families, languages;
  size_t blocking = 0;
  for (const auto& r : rules.rules()) {
    ++families[name(r.family)];
    blocking += r.action == RuleAction::block ? 1 : 0;
    if (r.languages.empty()) ++languages["any"];
    for (const auto& l : r.languages) ++languages[l];
  }
  fmt::print("{} rules, {} may block; {} KiB of automata\n", rules.rules().size(), blocking, rules.bytes() / 1024);
  for (const auto& [f, n] : families) fmt::print("  {:18}{:4}\n", f, n);
  for (const auto& [l, n] : languages) fmt::print(" {}:{}", l, n);
  fmt::print("\n");
}

// Sets benign_hits of each rule in the text of a pack; the line stands last in its rule.
std::string with_hits(const std::string& text, const std::map<std::string, size_t>& benign, size_t texts,
                      const std::string& date) {
  std::string out, pending;
  size_t at = 0;
  while (at < text.size()) {
    const size_t end = std::min(text.find('\n', at), text.size());
    const std::string line = text.substr(at, end - at);
    at = end + 1;
    if (line.starts_with("    benign_hits:")) continue;
    if ((line.starts_with("  - id: ") || line.empty() || line.starts_with("#")) && !pending.empty()) {
      out += pending;
      pending.clear();
    }
    if (line.starts_with("  - id: ")) pending = fmt::format("    benign_hits: {}\n", benign.at(line.substr(8)));
    out +=
        line.starts_with("measured:") ? fmt::format("measured: {{date: {}, texts: {}}}\n", date, texts) : line + "\n";
  }
  return out + pending;
}

int run(bool write, const std::string& date) {
  const auto begin = std::chrono::steady_clock::now();
  auto packs = load_packs(TRINE_SOURCE_DIR "/models/guard/rules");
  const auto read = std::chrono::steady_clock::now();
  auto rules = packs ? RuleSet::compile(std::move(*packs)) : tl::unexpected(packs.error());
  if (!rules) {
    fmt::print(stderr, "{}\n", rules.error().message);
    return 1;
  }
  const auto compiled = std::chrono::steady_clock::now();
  const auto ms = [](auto d) { return std::chrono::duration<double, std::milli>(d).count(); };
  fmt::print("packs read in {:.0f} ms, compiled in {:.0f} ms\n", ms(read - begin), ms(compiled - read));
  print_sizes(**rules);

  RuleScratch scratch;
  std::map<std::string, std::map<std::string, Counts>> sources;
  std::vector<std::map<std::string, size_t>> by_rule((*rules)->rules().size());
  std::vector<std::string> examples(by_rule.size());
  size_t benign_texts = 0;
  for (const std::string kind : {"benign", "extraction", "injection", "jailbreak"})
    for (const auto& item : guard_data::load(kind)) {
      if (kind != "benign" && item.label == "benign") continue;
      benign_texts += kind == "benign" ? 1 : 0;
      auto& c = sources[kind][item.source];
      const auto found = hits_of(**rules, item.text, scratch);
      ++c.texts;
      c.hit += found.empty() ? 0 : 1;
      bool blocked = false;
      for (const auto rule : found) {
        ++by_rule[rule][kind];
        if (kind == "benign") examples[rule] += " " + item.id;
        blocked = blocked || (*rules)->rules()[rule].action == RuleAction::block;
      }
      c.blocked += blocked ? 1 : 0;
    }
  for (const auto& [kind, counts] : sources)
    for (const auto& [source, c] : counts)
      fmt::print("{:11}{:62}{:6} texts{:7.2f} % hit{:7.2f} % block\n", kind, source, c.texts,
                 100.0 * static_cast<double>(c.hit) / static_cast<double>(c.texts),
                 100.0 * static_cast<double>(c.blocked) / static_cast<double>(c.texts));
  fmt::print("{:34}{:>9}{:>7}{:>11}{:>10}{:>10}\n", "rule", "action", "benign", "extraction", "injection", "jailbreak");
  std::map<std::string, size_t> benign;
  for (size_t i = 0; i < by_rule.size(); ++i) {
    const auto& r = (*rules)->rules()[i];
    auto& n = by_rule[i];
    benign[r.id] = n["benign"];
    fmt::print("{:34}{:>9}{:7}{:11}{:10}{:10}{}\n", r.id, r.action == RuleAction::block ? "block" : "evidence",
               n["benign"], n["extraction"], n["injection"], n["jailbreak"], examples[i].substr(0, 80));
  }
  if (!write) return 0;
  for (const auto& entry : std::filesystem::directory_iterator(TRINE_SOURCE_DIR "/models/guard/rules")) {
    std::ifstream in(entry.path());
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    std::ofstream(entry.path()) << with_hits(text, benign, benign_texts, date);
  }
  return 0;
}

}  // namespace

// The date is an argument, so that two runs give the same files.
int main(int argc, char** argv) {
  const bool write = argc == 3 && std::string_view(argv[1]) == "--write";
  if (argc != 1 && !write) {
    fmt::print(stderr, "usage: guard_rules [--write YYYY-MM-DD]\n");
    return 2;
  }
  return run(write, write ? argv[2] : "");
}
