// Placeholders for personal data, and what they stand for: the model sees "<IBAN_1>", the client gets the IBAN back.
// A vault lives as long as one request and is never written anywhere.
#pragma once

#include <array>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "guard/pii/pii_type.h"

namespace trine::guard {

class PiiVault {
 public:
  static constexpr size_t kMostEntries = 4096;
  static constexpr size_t kLongestToken = 32;  // bytes, brackets included

  // Placeholders that the request itself holds are text of the user's: they are not handed out. Call it with each text
  // of the request before the first token().
  void avoid(std::string_view text);

  // The placeholder of a datum: the same for the same bytes. Empty when the vault is full.
  std::string token(PiiType type, std::string_view original);

  // What a placeholder stands for, exactly as it was handed out; null: it is none of ours.
  const std::string* original(std::string_view token) const;

  size_t size() const { return originals_.size(); }

 private:
  std::map<std::string, std::string, std::less<>> originals_;  // by placeholder
  std::map<std::pair<PiiType, std::string>, std::string> tokens_;
  std::set<std::string, std::less<>> avoided_;
  std::array<uint32_t, kPiiTypes> next_{};
};

// The form of a placeholder at the beginning of `text`: its length; 0: none; npos: the text ends before that is known.
size_t placeholder_length(std::string_view text);

// Turns an answer's placeholders back, across chunks. Strict: brackets, capitals and the number as they were handed
// out; what a model changed stays as it wrote it, which shows a placeholder and never a wrong person's datum.
class PiiRestorer {
 public:
  explicit PiiRestorer(const PiiVault& vault) : vault_(vault) {}  // the vault outlives it
  void push(std::string_view chunk, std::string& out);
  void finish(std::string& out);

 private:
  const PiiVault& vault_;
  std::string held_;  // may be the beginning of a placeholder; shorter than kLongestToken
};

std::string restore(const PiiVault& vault, std::string_view text);

}  // namespace trine::guard
