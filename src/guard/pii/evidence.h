// What the words before a number say about it.
#pragma once

#include <array>
#include <cstddef>

#include "guard/pii/labels.h"

namespace trine::guard {

// Follows a scan from left to right: each word is looked up once, so that a page of numbers costs no more than a page.
// What it says about a place depends on the kReach bytes before that place only, however the scan came there.
class EvidenceTrail {
 public:
  static constexpr size_t kReach = 112;
  static constexpr size_t kNear = 32;  // a denial so near outweighs the form of a number
  static constexpr size_t kNone = SIZE_MAX;

  explicit EvidenceTrail(const Labels& labels) : labels_(labels) {}

  // The questions are about words that end at or before `limit` from now on; limits never go down. Nothing is read
  // until one is asked: most numbers of a text fail their check digits first.
  void move_to(TextWindow& window, size_t limit);

  // Bytes from the nearest label of the type to `at`; kNone: there is none, or a denial stands between.
  size_t distance(PiiType type, size_t at);
  // The nearest label is near, and says that a number at `at` is of another kind: a thing, or another identifier of
  // persons.
  bool is_denied(PiiType type, size_t at);
  LanguageMask languages(size_t at);

  // A label of the type that follows the number: "283658836 (BSN)". Not when it introduces a number of its own.
  bool follows(PiiType type, size_t end);

 private:
  struct Hit {
    size_t begin, end;
    const Label* label;
  };
  const Labels& labels_;
  std::array<Hit, 64> hits_{};  // a ring: kReach bytes hold at most 56 words
  size_t count_ = 0;
  size_t cursor_ = 0;  // words before it are in hits_, as far as they are within reach
  size_t limit_ = 0;
  TextWindow* window_ = nullptr;

  void read();
  template <class Visit>
  void each_before(size_t at, Visit visit);  // nearest first, until visit() says false
};

}  // namespace trine::guard
