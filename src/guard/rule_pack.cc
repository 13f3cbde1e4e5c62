#include "guard/rule_pack.h"

#include <unicode/normalizer2.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>

#include "base/text.h"
#include "guard/embedded_rules.h"
#include "guard/sha256.h"
#include "yaml/reader.h"

namespace trine::guard {
namespace {

using yaml::Fields;
using yaml::required;
using Words = std::map<std::string, std::string>;

// Between two words of folded text: quotes and emphasis are how an override is dressed up.
constexpr std::string_view kGap = R"((?:[\s"'*_,]+))";
constexpr std::string_view kDots = " ... ";
constexpr int kMaxWordDepth = 8;  // words made of words

const std::vector<std::pair<std::string_view, RuleFamily>>& families() {
  static const std::vector<std::pair<std::string_view, RuleFamily>> all = {
      {"overriding", RuleFamily::overriding},
      {"role_spoofing", RuleFamily::role_spoofing},
      {"chat_template", RuleFamily::chat_template},
      {"extraction", RuleFamily::extraction},
      {"persona", RuleFamily::persona},
      {"answer_prefix", RuleFamily::answer_prefix},
      {"refusal", RuleFamily::refusal},
      {"data_instruction", RuleFamily::data_instruction},
      {"exfiltration", RuleFamily::exfiltration},
      {"secret", RuleFamily::secret},
  };
  return all;
}

// Packs are data from an operator, but no secrets: no environment, no other files.
const yaml::Sources& no_sources() {
  static const yaml::Sources none{[](const std::string&) { return std::nullopt; },
                                  [](const std::string& path) -> Result<std::string> {
                                    return fail(Code::not_found, "{} is not allowed here", path);
                                  }};
  return none;
}

bool name_letter(char c) {
  return (c >= 'a' && c <= 'z') || c == '_';
}

// The name in "{name}" at the beginning of `s`; empty: something else.
std::string_view word_name(std::string_view s) {
  const size_t close = s.find('}');
  if (s.empty() || s[0] != '{' || close == std::string_view::npos || close == 1) return {};
  const auto inside = s.substr(1, close - 1);
  return std::all_of(inside.begin(), inside.end(), name_letter) ? inside : std::string_view{};
}

// Puts words in for their names and gaps for spaces. What a pattern may grow to is bounded at every step, so that words
// made of words made of words cannot explode.
class Expander {
 public:
  Expander(const Words& words, bool gaps) : words_(words), gaps_(gaps) {}

  Result<std::string> expand(std::string_view pattern) {
    if (auto done = append(pattern, 0); !done) return tl::unexpected(done.error());
    return std::move(out_);
  }

 private:
  Result<void> append(std::string_view s, int depth) {
    if (depth > kMaxWordDepth) return fail(Code::invalid_argument, "has words that are made of themselves");
    bool in_class = false;
    for (size_t i = 0; i < s.size(); ++i) {
      if (out_.size() > kMaxPatternBytes)
        return fail(Code::invalid_argument, "is longer than {} bytes with its words put in", kMaxPatternBytes);
      if (s[i] == '\\' && i + 1 < s.size()) {
        const bool braced =
            i + 2 < s.size() && s[i + 2] == '{' && (s[i + 1] == 'x' || s[i + 1] == 'p' || s[i + 1] == 'P');
        out_.append(s, i, braced ? 3 : 2);
        i += braced ? 2 : 1;
        continue;
      }
      if (s[i] == '[' && !in_class) {
        in_class = true;
      } else if (s[i] == ']') {
        in_class = false;
      } else if (!in_class && s[i] == ' ' && gaps_) {
        out_ += kGap;
        continue;
      } else if (const auto word = in_class ? std::string_view{} : word_name(s.substr(i)); !word.empty()) {
        const auto found = words_.find(std::string(word));
        if (found == words_.end()) return unknown(word);
        out_ += "(?:";
        if (auto done = append(found->second, depth + 1); !done) return done;
        out_ += ')';
        i += word.size() + 1;
        continue;
      }
      out_ += s[i];
    }
    return {};
  }

  tl::unexpected<Error> unknown(std::string_view word) const {
    std::vector<std::string_view> names;
    for (const auto& [name, _] : words_) names.push_back(name);
    const auto near = nearest(word, names);
    return fail(Code::invalid_argument, "names the words {{{}}}, which the pack does not have{}", word,
                near.empty() ? "" : fmt::format("; the nearest is {{{}}}", near));
  }

  const Words& words_;
  bool gaps_;
  std::string out_;
};

// Letters outside ASCII as tier 0 folds them, so that a pattern may be written the way its language is: the final sigma
// is a sigma, the Thai sara am is two letters.
std::string fold_letters(std::string_view pattern) {
  UErrorCode status = U_ZERO_ERROR;
  const auto* folding = icu::Normalizer2::getNFKCCasefoldInstance(status);
  std::string out;
  icu::StringByteSink<std::string> sink(&out);
  for (size_t i = 0; i < pattern.size() && U_SUCCESS(status);) {
    const size_t begin = i;
    const bool ascii = static_cast<unsigned char>(pattern[i]) < 0x80;
    while (i < pattern.size() && (static_cast<unsigned char>(pattern[i]) < 0x80) == ascii) ++i;
    const auto run = pattern.substr(begin, i - begin);
    if (ascii)
      out += run;
    else
      folding->normalizeUTF8(0, icu::StringPiece(run.data(), static_cast<int32_t>(run.size())), sink, nullptr, status);
  }
  if (U_FAILURE(status)) throw std::bad_alloc();
  return out;
}

// Where a capital letter stands that is no escape such as \S; folded text has none. npos: nowhere.
size_t capital(std::string_view pattern) {
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '\\')
      ++i;
    else if (pattern[i] >= 'A' && pattern[i] <= 'Z')
      return i;
  }
  return std::string_view::npos;
}

struct Measured {
  std::string date;
  uint32_t texts = 0;
};

struct Draft {
  RulePack pack;
  Words words;
  std::vector<std::string> from;
  Measured measured;
};

void read_from(Fields& f, std::vector<std::string>& from) {
  f.words({"from", "Who may have written the text; none: the pack's, and without one anyone."}, from,
          {"user", "system", "assistant", "tool", "document"});
}

// A pattern as Vectorscan gets it; the error is a sentence about it.
Result<std::string> finish(std::string_view pattern, const Words& words, RuleInput input, bool gaps) {
  auto expanded = Expander(words, gaps).expand(pattern);
  if (!expanded) return fail(Code::invalid_argument, "{}.", expanded.error().message);
  if (input == RuleInput::folded) {
    expanded = fold_letters(*expanded);
    if (const size_t at = capital(*expanded); at != std::string_view::npos)
      return fail(Code::invalid_argument, "has the capital letter {}, and folded text has small ones only.",
                  (*expanded)[at]);
  }
  if (const auto positions = pattern_positions(*expanded); !positions)
    return fail(Code::invalid_argument, "{}.", positions.error().message);
  return expanded;
}

Result<std::vector<std::string>> read_steps(std::string_view phrase, const Words& words, RuleInput input) {
  std::vector<std::string> steps;
  while (true) {
    const size_t dots = phrase.find(kDots);
    auto step = finish(phrase.substr(0, dots), words, input, false);
    if (!step) return tl::unexpected(step.error());
    steps.push_back(std::move(*step));
    if (dots == std::string_view::npos) break;
    phrase.remove_prefix(dots + kDots.size());
  }
  if (steps.size() > kMaxPhraseSteps)
    return fail(Code::invalid_argument, "has a phrase of {} steps; {} are possible, with \"{}\" between them.",
                steps.size(), kMaxPhraseSteps, kDots);
  return steps;
}

void read_phrases(Fields& f, const Draft& d, const std::vector<std::string>& phrases, Rule& r) {
  if (phrases.size() > kMaxPhrases) return f.complain("phrases", fmt::format("are more than {}.", kMaxPhrases));
  if (r.span) return f.complain("span", "needs a pattern: where a phrase begins is not known.");
  for (const auto& phrase : phrases) {
    auto steps = read_steps(phrase, d.words, r.input);
    if (!steps) return f.complain("phrases", steps.error().message);
    r.phrases.push_back(std::move(*steps));
  }
}

void read_rule(Fields& f, Draft& d, Rule& r) {
  std::vector<std::string> from, phrases;
  std::string pattern;
  f.text(required("id", "Its name, once in all packs: letters, digits, - and _."), r.id);
  f.choice(required("family", "What it is about."), r.family, families());
  f.texts({"languages", "ISO 639-1 codes; none: any language."}, r.languages);
  read_from(f, from);
  f.choice({"input", "folded: small letters, NFKC, nothing invisible. original: the bytes as they came."}, r.input,
           {{"folded", RuleInput::folded}, {"original", RuleInput::original}});
  f.choice({"action", "block: a hit is enough. evidence: tier 2 weighs it."}, r.action,
           {{"evidence", RuleAction::evidence}, {"block", RuleAction::block}});
  f.boolean({"span", "Report where each match begins, to cut it out."}, r.span);
  f.choice(
      {"cut",
       "What of a match is cut out. match: all. assigned: what stands behind its first = or :, without quotes. "
       "word: its last word. key: all, and the private key behind it."},
      r.cut,
      {{"match", RuleCut::match}, {"assigned", RuleCut::assigned}, {"word", RuleCut::word}, {"key", RuleCut::key}});
  f.number({"weight", "Weight of the evidence."}, r.weight, 0, 1);
  f.text({"pattern", "Regular expression."}, pattern);
  f.texts({"phrases", "Instead of a pattern: regular expressions that follow one another, with ... between them."},
          phrases);
  f.text(required("says", "What a hit means, for the operator."), r.says);
  f.integer({"benign_hits", "Texts of the benign data that it matched."}, r.benign_hits, 0, 100'000'000);

  for (int i = 0; i < 5; ++i) {
    const auto p = static_cast<Provenance>(i);
    const auto& list = from.empty() ? d.from : from;
    if (list.empty() || std::find(list.begin(), list.end(), name(p)) != list.end())
      r.provenances = static_cast<uint8_t>(r.provenances | 1 << i);
  }
  r.benign_texts = d.measured.texts;
  r.measured_on = d.measured.date;
  f.check([&f, action = r.action, hits = r.benign_hits, texts = r.benign_texts] {
    if (action == RuleAction::block && texts != 0 && hits > kMaxBlockingRate * texts)
      f.complain("action",
                 fmt::format("must be evidence: it matched {} of {} benign texts, and a rule may block on its "
                             "own only below {:g} %.",
                             hits, texts, 100 * kMaxBlockingRate));
  });
  r.at = f.at(f.where(phrases.empty() ? "pattern" : "phrases"));
  if (r.cut != RuleCut::match && !r.span) f.complain("cut", "needs span: true.");
  if (pattern.empty() == phrases.empty()) return f.complain("id", "needs a pattern or phrases, and not both.");
  if (!phrases.empty()) return read_phrases(f, d, phrases, r);
  auto finished = finish(pattern, d.words, r.input, r.input == RuleInput::folded);
  if (!finished) return f.complain("pattern", finished.error().message);
  r.pattern = std::move(*finished);
}

void read_draft(Fields& f, Draft& d) {
  f.text(required("pack", "Its name."), d.pack.name);
  f.integer(required("version", "Counts up with each change."), d.pack.version, 1, 1'000'000);
  read_from(f, d.from);
  f.object({"measured", "On what benign_hits were counted."}, d.measured, [](Fields& inner, Measured& m) {
    inner.text(required("date", "Day, as 2026-11-28."), m.date);
    inner.integer(required("texts", "Number of benign texts."), m.texts, 1, 100'000'000);
  });
  f.text_map({"words", "Alternatives by name, for {name} in patterns."}, d.words);
  f.objects(required("rules", "The rules."), d.pack.rules, [&d](Fields& inner, Rule& r) { read_rule(inner, d, r); });
}

Result<std::vector<RulePack>> read_all(const std::vector<std::pair<std::string, std::string>>& files) {
  std::vector<RulePack> packs;
  std::string problems;
  for (const auto& [file, text] : files) {
    auto pack = read_pack(file, text);
    if (pack)
      packs.push_back(std::move(*pack));
    else
      problems += (problems.empty() ? "" : "\n") + pack.error().message;
  }
  if (!problems.empty()) return tl::unexpected(Error{Code::invalid_argument, problems});
  return packs;
}

}  // namespace

std::string_view name(RuleFamily family) {
  for (const auto& [word, value] : families())
    if (value == family) return word;
  return "";
}

Result<RulePack> read_pack(const std::string& file, std::string_view text) {
  Draft draft;
  if (auto read = yaml::read_text(
          file, text, [&draft](Fields& f) { read_draft(f, draft); }, no_sources());
      !read)
    return tl::unexpected(read.error());
  draft.pack.text_hash = sha256_hex(text);
  return std::move(draft.pack);
}

Result<std::vector<RulePack>> load_packs(const std::string& folder) {
  std::error_code ec;
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder, ec))
    if (entry.path().extension() == ".yaml") paths.push_back(entry.path().string());
  if (ec) return fail(Code::not_found, "the rules folder {}: {}", folder, ec.message());
  if (paths.empty()) return fail(Code::not_found, "the rules folder {} has no *.yaml file", folder);
  std::sort(paths.begin(), paths.end());
  std::vector<std::pair<std::string, std::string>> files;
  for (const auto& path : paths) {
    auto text = yaml::file_contents(path, yaml::kMaxFileBytes);
    if (!text) return tl::unexpected(text.error());
    files.emplace_back(path, std::move(*text));
  }
  return read_all(files);
}

Result<std::vector<RulePack>> shipped_packs() {
  std::vector<std::pair<std::string, std::string>> files;
  for (const auto& file : embedded_rules())
    files.emplace_back("models/guard/rules/" + std::string(file.name), std::string(file.text));
  return read_all(files);
}

}  // namespace trine::guard
