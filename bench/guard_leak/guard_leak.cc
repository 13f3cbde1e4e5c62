// How well src/guard/leak finds system prompts in answers, and how often it errs: the prompts of test/unit/guard/leak
// and, where a folder of texts is given, prompts and unrelated answers from there.
//
//   guard_leak REPOSITORY [FOLDER]      FOLDER: has benign/data.jsonl and leak/data.jsonl
#include <algorithm>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <string>
#include <vector>

#include "guard/leak.h"
#include "json/read.h"
#include "unit/guard/leak/forms.h"
#include "unit/guard/leak/prompts.h"

namespace {

using namespace trine;
using namespace trine::guard;
using std::string;
using std::string_view;

struct Item {
  string source, text;
};

std::vector<Item> items(const string& path) {
  std::vector<Item> out;
  std::ifstream in(path);
  for (string line; std::getline(in, line);) {
    Item item;
    const auto read = json::each_member(line, [&](string_view key, json::Value v) {
      if (key == "text") item.text = v.as_string().value_or("");
      if (key == "source") item.source = v.as_string().value_or("");
      return true;
    });
    if (!read) throw_error(read.error());
    out.push_back(std::move(item));
  }
  return out;
}

struct Held {
  std::vector<size_t> counts = std::vector<size_t>(LeakStream::kMostHeld + 1);
  size_t n = 0;
  void add(size_t held) { ++counts[held], ++n; }
  size_t quantile(double q) const {
    size_t below = 0, at = 0;
    while (at + 1 < counts.size() && static_cast<double>(below += counts[at]) < q * static_cast<double>(n)) ++at;
    return at;
  }
  size_t most() const {
    size_t at = counts.size() - 1;
    while (at > 0 && counts[at] == 0) --at;
    return at;
  }
  void print(const char* what) const {
    std::printf("| %s | %zu | %zu | %zu | %zu | %zu | %.4f |\n", what, n, quantile(0.5), quantile(0.99),
                quantile(0.999), most(), 100.0 * static_cast<double>(n - counts[0]) / static_cast<double>(n));
  }
};

struct Streamed {
  bool leaked;
  size_t out;
};

// In deltas of 1 to 4 characters.
Streamed stream(const LeakIndex& index, string_view text, Held* held) {
  LeakStream s(index);
  size_t out = 0, delta = 0;
  for (size_t i = 0; i < text.size();) {
    size_t end = i;
    for (size_t k = 0; k <= delta % 4 && end < text.size(); ++k) {
      ++end;
      while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) ++end;
    }
    ++delta;
    const auto step = s.feed(text.substr(i, end - i));
    out += step.release;
    if (step.leaked) return {true, out};
    if (held != nullptr) held->add(s.held());
    i = end;
  }
  return {false, out + s.finish().release};
}

struct Indexed {
  string source, prompt;
  LeakIndex index;
};

// A quarter of a short prompt is a few words, which everybody may say: copies below this many letters (about 12 words)
// are left out.
constexpr size_t kLeastCopied = 56;

size_t letters(string_view text) {
  size_t n = 0;
  LeakFold fold;
  for (const char c : text) fold.add(static_cast<unsigned char>(c), [&](Symbol) { ++n; });
  return n;
}

void recall(const char* what, const std::vector<Indexed>& prompts) {
  std::printf("\n| %s: form | prompts | found | %% | not found |\n|---|---|---|---|---|\n", what);
  size_t all = 0, all_found = 0;
  for (const auto& form : test::forms()) {
    size_t n = 0, found = 0;
    string missed;
    for (const auto& p : prompts) {
      if (p.index.empty()) continue;
      const string copy = form.make(p.prompt);
      if (letters(form.part(p.prompt)) < kLeastCopied) continue;
      ++n;
      if (stream(p.index, copy, nullptr).leaked)
        ++found;
      else if (missed.size() < 60)
        missed += fmt::format("{}({} words of {}, {} of {} count) ", p.source, test::words(copy).size(),
                              test::words(p.prompt).size(), p.index.countable(), p.index.symbols());
    }
    std::printf("| %s | %zu | %zu | %.1f | %s |\n", string(form.name).c_str(), n, found,
                100.0 * static_cast<double>(found) / static_cast<double>(n), missed.c_str());
    all += n;
    all_found += found;
  }
  std::printf("| all | %zu | %zu | %.2f | |\n", all, all_found,
              100.0 * static_cast<double>(all_found) / static_cast<double>(all));
}

void let_out(const std::vector<Indexed>& prompts) {
  std::vector<size_t> out;
  for (const auto& p : prompts)
    if (!p.index.empty()) out.push_back(stream(p.index, p.prompt, nullptr).out);
  std::sort(out.begin(), out.end());
  std::printf("\nLet out of a verbatim copy before the cut: median %zu bytes, p99 %zu, most %zu.\n",
              out[out.size() / 2], out[out.size() * 99 / 100], out.back());
}

void unrelated(const char* what, const std::vector<Indexed>& prompts, const std::vector<Item>& answers, Held& held) {
  size_t pairs = 0, flagged = 0, bytes = 0;
  std::vector<bool> hit(answers.size());
  const std::clock_t start = std::clock();
  for (size_t i = 0; i < prompts.size(); ++i) {
    const auto& p = prompts[i];
    for (size_t k = 0; k < answers.size(); ++k) {
      if (answers[k].source == p.source) continue;
      ++pairs;
      bytes += answers[k].text.size();
      if (!find_leak(p.index, answers[k].text)) continue;
      ++flagged;
      hit[k] = true;
      if (flagged <= 12)
        std::printf("  flagged: [%s] %.70s\n   against [%s] %.200s\n", answers[k].source.c_str(), p.prompt.c_str(),
                    p.source.c_str(), answers[k].text.c_str());
    }
  }
  const double took = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  for (size_t k = 0; k < answers.size(); k += 5) stream(prompts[k % prompts.size()].index, answers[k].text, &held);
  std::printf(
      "%s: %zu prompts, %zu answers, %zu pairs, flagged %zu (%.5f %%), answers ever flagged %zu; %.0f MB/s of CPU "
      "time\n",
      what, prompts.size(), answers.size(), pairs, flagged,
      100.0 * static_cast<double>(flagged) / static_cast<double>(pairs),
      static_cast<size_t>(std::count(hit.begin(), hit.end(), true)), static_cast<double>(bytes) / 1e6 / took);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: guard_leak REPOSITORY [FOLDER]\n");
    return 2;
  }
  const auto cases = test::prompt_cases(argv[1]);
  std::vector<Indexed> own;
  size_t answers = 0, flagged = 0;
  Held held_own, held_unrelated;
  for (const auto& c : cases) {
    own.push_back({c.name, c.prompt, LeakIndex(c.prompt)});
    for (const auto& a : c.answers) {
      ++answers;
      const bool leaked = stream(own.back().index, a, &held_own).leaked;
      flagged += leaked;
      if (leaked) std::printf("  flagged as a leak: %s: %.100s\n", c.name.c_str(), a.c_str());
    }
  }
  std::printf("Answers that follow their prompt: %zu, flagged %zu\n", answers, flagged);
  recall("own prompts", own);
  let_out(own);
  if (argc > 2) {
    auto benign = items(string(argv[2]) + "/benign/data.jsonl");
    const auto more = items(string(argv[2]) + "/leak/data.jsonl");
    benign.insert(benign.end(), more.begin(), more.end());
    std::vector<Indexed> public_prompts;
    size_t i = 0;
    for (const auto& b : benign) {
      const bool is_prompt = b.source.starts_with("awesome_chatgpt_prompts") || b.source == "tau_bench_policy";
      if (is_prompt && i++ % 8 == 0) public_prompts.push_back({b.source, b.text, LeakIndex(b.text)});
    }
    recall("public prompts", public_prompts);
    let_out(public_prompts);
    std::printf("\n");
    unrelated("own prompts", own, benign, held_unrelated);
    unrelated("public prompts", public_prompts, benign, held_unrelated);
  }
  std::printf(
      "\n| bytes held after a delta | deltas | p50 | p99 | p99.9 | most | held at all, %% |\n"
      "|---|---|---|---|---|---|---|\n");
  held_own.print("answers that follow their prompt");
  if (argc > 2) held_unrelated.print("unrelated answers");
}
