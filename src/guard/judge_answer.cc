// What judges answer. Every form is read from its first plain mark on; anything else is no verdict.
#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "base/text.h"
#include "guard/judge.h"
#include "json/read.h"

namespace trine::guard {

namespace {

using json::Value;

constexpr size_t kMaxAnswerBytes = size_t{64} << 10;  // of a judge that rambles, the end is read

std::string_view trimmed(std::string_view s) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const size_t begin = s.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return s.substr(begin, s.find_last_not_of(kBlanks) - begin + 1);
}

// Takes the next piece up to a byte of `ends` from `rest`.
std::string_view take(std::string_view& rest, std::string_view ends) {
  const size_t end = std::min(rest.find_first_of(ends), rest.size());
  const std::string_view piece = rest.substr(0, end);
  rest.remove_prefix(std::min(rest.size(), end + 1));
  return piece;
}

std::string_view behind_last(std::string_view s, std::string_view mark) {
  const size_t at = s.rfind(mark);
  return at == std::string_view::npos ? s : s.substr(at + mark.size());
}

void judged(JudgeVerdict& verdict, RiskSet risks, bool unsafe) {
  verdict.judged = risks;
  verdict.unsafe = unsafe;
}

// "safe", or "unsafe" and a line of codes: "S1,S9".
std::optional<JudgeVerdict> read_llama_guard(const JudgeQuestion& question, std::string_view answer) {
  std::string_view rest = trimmed(answer);
  const std::string_view word = take(rest, " \t\r\n");
  JudgeVerdict verdict;
  const RiskSet risks = judgeable(JudgeFamily::llama_guard, question.provenance);
  if (iequals(word, "safe")) {
    judged(verdict, risks, false);
    return verdict;
  }
  if (!iequals(word, "unsafe")) return std::nullopt;
  judged(verdict, risks, true);
  verdict.found.set(index(Risk::unsafe));
  rest = trimmed(rest);
  std::string_view codes = take(rest, "\r\n");
  while (!codes.empty()) {
    if (const auto hazard = parse_hazard(trimmed(take(codes, ", \t")))) verdict.hazards.set(index(*hazard));
  }
  return verdict;
}

// Qwen3Guard's own names. "Unethical Acts" covers bias, insult and hate; "Politically Sensitive Topics" is wider than
// elections: the nearest name stands for each.
constexpr std::array<std::pair<std::string_view, Hazard>, 8> kQwenCategories = {{
    {"Violent", Hazard::violent_crimes},
    {"Non-violent Illegal Acts", Hazard::non_violent_crimes},
    {"Sexual Content or Sexual Acts", Hazard::sexual_content},
    {"PII", Hazard::privacy},
    {"Suicide & Self-Harm", Hazard::suicide_self_harm},
    {"Unethical Acts", Hazard::hate},
    {"Politically Sensitive Topics", Hazard::elections},
    {"Copyright Violation", Hazard::intellectual_property},
}};

void take_qwen_categories(std::string_view names, JudgeVerdict& verdict) {
  while (!names.empty()) {
    const std::string_view word = trimmed(take(names, ","));
    if (iequals(word, "Jailbreak")) verdict.found.set(index(Risk::jailbreak));
    if (iequals(word, "Personally Identifiable Information")) verdict.hazards.set(index(Hazard::privacy));
    for (const auto& [own, hazard] : kQwenCategories) {
      if (iequals(word, own)) verdict.hazards.set(index(hazard));
    }
  }
}

// "Safety: Safe|Unsafe|Controversial", "Categories: ...", and of answers "Refusal: Yes|No".
std::optional<JudgeVerdict> read_qwen3guard(const JudgeQuestion& question, std::string_view answer) {
  JudgeVerdict verdict;
  bool decided = false;
  std::string_view rest = behind_last(answer, "</think>");
  while (!rest.empty()) {
    std::string_view line = trimmed(take(rest, "\r\n"));
    const std::string_view key = trimmed(take(line, ":"));
    const std::string_view value = trimmed(line);
    if (iequals(key, "Safety") && !decided) {
      const bool doubt = iequals(value, "Controversial");
      if (!doubt && !iequals(value, "Safe") && !iequals(value, "Unsafe")) return std::nullopt;
      judged(verdict, judgeable(JudgeFamily::qwen3guard, question.provenance), doubt || iequals(value, "Unsafe"));
      verdict.in_doubt = doubt;
      decided = true;
    } else if (iequals(key, "Categories") && decided && verdict.unsafe) {
      take_qwen_categories(value, verdict);
    }
  }
  if (!decided) return std::nullopt;
  verdict.found &= verdict.judged;
  // Unsafe for a jailbreak alone is no harm of its own.
  if (verdict.unsafe && (verdict.hazards.any() || verdict.found.none())) verdict.found.set(index(Risk::unsafe));
  return verdict;
}

// 3.3 and later: "<score> yes </score>", perhaps behind "<think>...</think>"; before: "Yes" or "No" as the first word,
// from 3.2 on with "<confidence> Low </confidence>".
std::optional<JudgeVerdict> read_granite(const JudgeQuestion& question, std::string_view answer) {
  std::string_view rest = behind_last(answer, "</think>");
  const size_t score = rest.rfind("<score>");
  if (score != std::string_view::npos) {
    rest.remove_prefix(score + std::string_view("<score>").size());
    const size_t end = rest.find("</score>");  // missing where max_tokens cut it off
    const std::string_view word = trimmed(rest.substr(0, end));
    if (!iequals(word, "yes") && !iequals(word, "no")) return std::nullopt;
    rest = word;
  }
  rest = trimmed(rest);
  const std::string_view word = take(rest, " \t\r\n.,<");
  const bool yes = iequals(word, "yes");
  if (!yes && !iequals(word, "no")) return std::nullopt;
  JudgeVerdict verdict;
  const Risk risk = question.risk == Risk::jailbreak ? Risk::jailbreak : Risk::unsafe;  // as judge_request() asked
  judged(verdict, RiskSet().set(index(risk)), yes);
  if (yes) verdict.found.set(index(risk));
  if (const size_t at = rest.find("confidence>"); yes && at != std::string_view::npos) {
    std::string_view confidence = trimmed(rest.substr(at + std::string_view("confidence>").size()));
    verdict.in_doubt = iequals(take(confidence, " \t\r\n<"), "low");
  }
  return verdict;
}

void take_category(std::string_view word, JudgeVerdict& verdict) {
  if (const auto hazard = parse_hazard(word)) {
    verdict.hazards.set(index(*hazard));
    verdict.found.set(index(Risk::unsafe));
  } else if (const auto risk = parse_risk(word)) {
    verdict.found.set(index(*risk));
  }
}

std::optional<bool> truth(const Value& value) {
  if (value.raw == "1" || value.raw == "true" || value.raw == "\"1\"") return true;
  if (value.raw == "0" || value.raw == "false" || value.raw == "\"0\"") return false;
  return std::nullopt;
}

void take_categories(const Value& value, JudgeVerdict& verdict) {
  if (value.is_string()) {
    if (const auto text = value.as_string()) take_category(trimmed(*text), verdict);
  } else if (value.is_array()) {
    (void)json::each_element(value.raw, [&](Value item) {
      if (item.is_string()) take_categories(item, verdict);
      return true;
    });
  }
}

std::string cut(std::string text) {
  if (text.size() <= kMaxRationaleBytes) return text;
  size_t end = kMaxRationaleBytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  text.resize(end);
  return text;
}

// The object that ends the answer: a model may think aloud before, and quote objects of the text it judges.
std::optional<JudgeVerdict> read_safeguard(const JudgeQuestion& question, std::string_view answer) {
  const size_t end = answer.rfind('}');
  if (end == std::string_view::npos) return std::nullopt;
  size_t begin = answer.find('{');
  for (int tries = 0; tries < 16 && begin < end; ++tries, begin = answer.find('{', begin + 1)) {
    JudgeVerdict verdict;
    std::optional<bool> violation;
    const auto walked =
        json::each_member(answer.substr(begin, end + 1 - begin), [&](std::string_view key, Value value) {
          if (key == "violation") violation = truth(value);
          if (key == "policy_category" || key == "category" || key == "categories") take_categories(value, verdict);
          if (key == "rationale" && value.is_string())
            verdict.rationale = cut(value.as_string().value_or(std::string()));
          return true;
        });
    if (!walked) continue;
    if (!violation) return std::nullopt;
    judged(verdict, judgeable(JudgeFamily::gpt_oss_safeguard, question.provenance), *violation);
    verdict.found &= verdict.judged;
    if (!*violation) {
      verdict.found.reset();
      verdict.hazards.reset();
    } else if (verdict.found.none()) {
      verdict.found.set(index(Risk::unsafe));
    }
    return verdict;
  }
  return std::nullopt;
}

// That the verdict's word was "unsafe" or "yes", from the first token that is such a word.
std::optional<double> probability_of(std::string_view logprobs) {
  std::optional<double> found;
  const auto content = json::member(logprobs, "content");
  if (!content || !*content || !(*content)->is_array()) return found;
  (void)json::each_element((*content)->raw,
                           [&](Value item) {
                             if (!item.is_object()) return true;
                             std::string token;
                             std::optional<double> log;
                             (void)json::each_member(item.raw, [&](std::string_view key, Value value) {
                               if (key == "token" && value.is_string())
                                 token = value.as_string().value_or(std::string());
                               if (key == "logprob" && value.type == Value::Type::number) {
                                 if (const auto number = value.as_double()) log = *number;
                               }
                               return true;
                             });
                             const std::string_view word = trimmed(token);
                             const bool bad = iequals(word, "unsafe") || iequals(word, "yes");
                             if (!bad && !iequals(word, "safe") && !iequals(word, "no")) return true;
                             if (log && *log <= 0) found = bad ? std::exp(*log) : 1 - std::exp(*log);
                             return false;
                           },
                           false);
  return found;
}

}  // namespace

std::optional<JudgeVerdict> read_judge_answer(JudgeFamily family, const JudgeQuestion& question,
                                              std::string_view answer) {
  if (answer.size() > kMaxAnswerBytes) answer.remove_prefix(answer.size() - kMaxAnswerBytes);
  switch (family) {
    case JudgeFamily::llama_guard:
      return read_llama_guard(question, answer);
    case JudgeFamily::qwen3guard:
      return read_qwen3guard(question, answer);
    case JudgeFamily::granite_guardian:
      return read_granite(question, answer);
    case JudgeFamily::gpt_oss_safeguard:
      return read_safeguard(question, answer);
  }
  return std::nullopt;
}

std::optional<JudgeVerdict> read_judge_response(JudgeFamily family, const JudgeQuestion& question,
                                                std::string_view body) {
  std::optional<std::string> answer;
  std::optional<double> probability;
  const auto choice = [&](Value value) {
    if (!value.is_object()) return false;
    (void)json::each_member(value.raw, [&](std::string_view key, Value inner) {
      if (key == "message" && inner.is_object()) {
        const auto content = json::member(inner.raw, "content");
        if (content && *content && (*content)->is_string()) {
          if (auto text = (*content)->as_string()) answer = *std::move(text);
        }
      } else if (key == "logprobs" && inner.is_object()) {
        probability = probability_of(inner.raw);
      }
      return true;
    });
    return false;  // the first choice is the answer
  };
  const auto walked = json::each_member(body, [&](std::string_view key, Value value) {
    if (key == "choices" && value.is_array()) (void)json::each_element(value.raw, choice, false);
    return true;
  });
  if (!walked || !answer) return std::nullopt;
  auto verdict = read_judge_answer(family, question, *answer);
  if (verdict && (family == JudgeFamily::llama_guard || family == JudgeFamily::granite_guardian))
    verdict->probability = probability;
  return verdict;
}

}  // namespace trine::guard
