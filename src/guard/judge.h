// Tier 3: a second model is asked about what the classifier was not sure of. Here are the questions and answers of four
// families of such models, over OpenAI's chat completions; calling them is the gateway's part. Pure; any thread.
//
// Reading an answer is total: what is not plainly a verdict is none. Where a family's form was not documented for every
// release, the places say what was assumed (docs/guard-policy.md has them in one list).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "guard/hazard.h"
#include "guard/part.h"
#include "guard/verdict.h"

namespace trine::guard {

enum class JudgeFamily : uint8_t { llama_guard, qwen3guard, granite_guardian, gpt_oss_safeguard };
std::string_view name(JudgeFamily family);

// The risks that a family can be asked about: Llama Guard knows harms only, gpt-oss-safeguard whatever its policy says.
RiskSet judgeable(JudgeFamily family, Provenance provenance);

// Longer texts are cut in the middle: give it the worst window of a document.
inline constexpr size_t kMaxJudgedBytes = size_t{32} << 10;

struct JudgeQuestion {
  Risk risk = Risk::unsafe;  // Granite Guardian answers one question at a time; the others ignore it
  Provenance provenance = Provenance::user;
  std::string_view text;
  std::string_view asked;  // of an answer (Provenance::assistant): what the user had said. May be empty
};

// A body for POST /v1/chat/completions, not streamed. Marks of chat templates in the texts are broken, so that a text
// cannot end its own turn and answer for the judge.
std::string judge_request(JudgeFamily family, std::string_view model, const JudgeQuestion& question);

// What gpt-oss-safeguard is told to judge by; the others were trained with theirs.
std::string judge_policy(const JudgeQuestion& question);

struct JudgeVerdict {
  bool unsafe = false;
  bool in_doubt = false;  // unsafe, but the judge is not sure (Qwen3Guard's Controversial, Granite's low confidence)
  HazardSet hazards;      // of what is unsafe, where the family tells
  RiskSet judged;         // what it answered about
  RiskSet found;          // what of these it found; Risk::unsafe with or without hazards
  std::optional<double> probability;  // that the answer was to be "unsafe", where log-probabilities came
  std::string rationale;  // for the operator: a model's words, at most kMaxRationaleBytes, never shown to a caller
  bool operator==(const JudgeVerdict&) const = default;
};
inline constexpr size_t kMaxRationaleBytes = 512;

// Two answers about one text as one: what either found; in doubt only where all that was found is.
JudgeVerdict both(JudgeVerdict a, const JudgeVerdict& b);

// `answer`: the text of the model's message.
std::optional<JudgeVerdict> read_judge_answer(JudgeFamily family, const JudgeQuestion& question,
                                              std::string_view answer);
// The whole body of the response, with log-probabilities if it has any.
std::optional<JudgeVerdict> read_judge_response(JudgeFamily family, const JudgeQuestion& question,
                                                std::string_view body);

}  // namespace trine::guard
