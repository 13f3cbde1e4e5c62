#include "gateway/documents/kept.h"

namespace trine::gateway {

size_t ReadDocument::bytes() const {
  size_t n = sizeof(ReadDocument) + text.text.size() + text.pages.size() * sizeof(documents::PageSpan) +
             text.breaks.size() * sizeof(documents::Break) + (image ? image->bytes.size() : 0);
  for (const documents::Part& p : parts) n += sizeof(documents::Part) + p.name.size() + p.note.size();
  for (const std::string& w : warnings) n += sizeof(std::string) + w.size();
  return n;
}

std::shared_ptr<const ReadDocument> KeptDocuments::find(const std::string& key) {
  const auto it = by_key_.find(key);
  if (it == by_key_.end()) return nullptr;
  by_use_.splice(by_use_.begin(), by_use_, it->second);
  return by_use_.front().document;
}

void KeptDocuments::keep(const std::string& key, std::shared_ptr<const ReadDocument> document) {
  const size_t size = document->bytes() + 2 * key.size();
  if (size > most_bytes_ || by_key_.contains(key)) return;
  by_use_.push_front({key, std::move(document)});
  by_key_.emplace(key, by_use_.begin());
  bytes_ += size;
  while (bytes_ > most_bytes_) {
    const Kept& oldest = by_use_.back();
    bytes_ -= oldest.document->bytes() + 2 * oldest.key.size();
    by_key_.erase(oldest.key);
    by_use_.pop_back();
  }
}

}  // namespace trine::gateway
