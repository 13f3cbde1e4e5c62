// One kept answer.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "base/units.h"
#include "energy/facts.h"
#include "llm/answer_form.h"

namespace trine::cache {

using Key = std::array<unsigned char, 32>;

struct Answer {
  std::string request;     // id of the one that it was made for
  std::string deployment;  // that made it
  std::string key, user;   // who asked; for erasure
  std::string content_type;
  bool streamed = false;
  std::string whole;         // as the engine said it and the guard let it pass; empty where streamed
  llm::AnswerEvents events;  // likewise
  Tokens in = 0, out = 0;
  energy::Figures figures;  // what it took
  Wall made{}, expires{};
  // Where figures go in `whole` (llm::ResponseScan), found once for all that it is given to. Not in its bytes.
  struct Places {
    size_t usage_at = 0, usage_size = 0;  // size 0: there is none
    size_t trine_at = 0, trine_size = 0;
  };
  std::optional<Places> places;  // none: to be looked for

  size_t bytes() const;  // that it takes in memory, about
  bool operator==(const Answer&) const;
};

// Looks for the places. An answer that is no JSON object has none.
void find_places(Answer& answer);

// For the vault. Bytes that are no answer of this version give nothing.
std::string to_bytes(const Answer& answer);
std::optional<Answer> from_bytes(std::string_view bytes);

}  // namespace trine::cache
