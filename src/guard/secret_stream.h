// Keys and passwords in a text that comes in pieces: what is found in a whole text is found here, before any of it goes
// on. Held back is the last word, or a quoted password's, which may become one; of a private key, what may be its end.
// At most kMostHeld bytes and a piece; a longer word is looked at in parts, and a secret that ends where a part does
// goes on to the word's end.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/function_ref.h"
#include "guard/key_body.h"
#include "guard/rules.h"

namespace trine::guard {

// One stream, one thread.
class SecretStream {
 public:
  enum class Piece : unsigned char { text, secret, more };  // more: the rest of a secret that was told
  // All pieces together are the text.
  using Sink = FunctionRef<void(std::string_view text, Piece piece)>;

  explicit SecretStream(std::shared_ptr<const RuleSet> rules) : rules_(std::move(rules)) {}
  void push(std::string_view piece, RuleScratch& scratch, Sink sink);
  void finish(RuleScratch& scratch, Sink sink);
  // There were more secrets in a part than a scan tells: some have gone on as text.
  bool overflowed() const { return overflowed_; }

  static constexpr size_t kMostHeld = 8 << 10;

 private:
  struct Found {
    size_t begin, end;
    bool head;  // a private key's
  };
  void go_on(bool whole, RuleScratch& scratch, Sink sink);
  void look(bool whole, RuleScratch& scratch, Sink sink);
  void find(RuleScratch& scratch);
  bool end_key(bool whole, Sink sink);
  bool end_word(Sink sink);
  void give(size_t end, Piece piece, Sink sink);
  size_t open_from() const;
  size_t open_quote() const;

  std::shared_ptr<const RuleSet> rules_;
  std::string buffer_;  // a look behind, then what is held
  size_t given_ = 0;    // of the buffer
  std::optional<KeyBody> key_;
  size_t fed_ = 0;        // of the buffer, to the key
  size_t key_given_ = 0;  // of the key's body
  bool in_word_ = false;  // what was given last is a secret whose word may go on
  bool overflowed_ = false;
  std::vector<RuleHit> hits_;
  std::vector<Found> found_;
};

}  // namespace trine::guard
