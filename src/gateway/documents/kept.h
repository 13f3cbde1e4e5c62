// What was read of documents, kept in memory: the least lately used goes first.
#pragma once

#include <list>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/units.h"
#include "documents/document.h"
#include "documents/pool.h"
#include "documents/reduce.h"
#include "documents/text.h"

namespace trine::gateway {

// A document as a model will see it. Immutable.
struct ReadDocument {
  documents::Text text;
  documents::Reduced reduced;  // what was taken out of it
  std::vector<documents::Part> parts;
  std::vector<std::string> warnings;
  documents::Facts facts;
  std::optional<documents::ImageFile> image;  // where a smaller picture was asked for
  Tokens tokens = 0;                          // of the text
  Tokens ocr_tokens = 0;                      // of pages that were recognised, before anything was taken out
  size_t bytes() const;                       // of memory, about
};

// One thread at a time.
class KeptDocuments {
 public:
  explicit KeptDocuments(size_t most_bytes) : most_bytes_(most_bytes) {}

  std::shared_ptr<const ReadDocument> find(const std::string& key);
  void keep(const std::string& key, std::shared_ptr<const ReadDocument> document);
  size_t bytes() const { return bytes_; }

 private:
  struct Kept {
    std::string key;
    std::shared_ptr<const ReadDocument> document;
  };
  const size_t most_bytes_;
  size_t bytes_ = 0;
  std::list<Kept> by_use_;  // the latest first
  std::unordered_map<std::string, std::list<Kept>::iterator> by_key_;
};

}  // namespace trine::gateway
