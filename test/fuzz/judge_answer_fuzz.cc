// links: guard json base
// Any bytes as a judge's answer, as its response, and as the text it is asked about: a verdict that holds together or
// none, and a request that is JSON.
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>

#include "guard/judge.h"
#include "json/read.h"
#include "json/write.h"

namespace {

using namespace trine;
using guard::JudgeFamily;

void require(bool holds) {
  if (!holds) std::abort();
}

void check(const std::optional<guard::JudgeVerdict>& verdict) {
  if (!verdict) return;
  require(verdict->judged.any());
  require((verdict->found & ~verdict->judged).none());
  require(verdict->unsafe || (verdict->found.none() && verdict->hazards.none() && !verdict->in_doubt));
  require(!verdict->unsafe || verdict->found.any());
  require(verdict->rationale.size() <= guard::kMaxRationaleBytes);
  require(!verdict->probability || (*verdict->probability >= 0 && *verdict->probability <= 1));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto block = std::make_unique<char[]>(size);
  for (size_t i = 0; i < size; ++i) block[i] = static_cast<char>(data[i]);
  const std::string_view bytes(block.get(), size);
  for (const auto family : {JudgeFamily::llama_guard, JudgeFamily::qwen3guard, JudgeFamily::granite_guardian,
                            JudgeFamily::gpt_oss_safeguard}) {
    for (const auto provenance : {guard::Provenance::user, guard::Provenance::assistant}) {
      guard::JudgeQuestion question;
      question.provenance = provenance;
      question.text = question.asked = bytes;
      check(read_judge_answer(family, question, bytes));
      check(read_judge_response(family, question, bytes));
      // The same bytes as the message of a well-formed response.
      const std::string body = "{\"choices\":[{\"message\":{\"content\":" + json::quoted(bytes) + "}}]}";
      check(read_judge_response(family, question, body));
      const std::string request = judge_request(family, bytes, question);
      require(json::read(request).has_value());
    }
  }
  return 0;
}
