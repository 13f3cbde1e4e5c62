#include "web/answers.h"

#include <algorithm>

namespace trine::web {
namespace {

size_t size_of(const std::optional<Answers::Made>& made) {
  return made && *made ? (*made)->size() : 0;
}

}  // namespace

bool Answers::make_room(Mono now) {
  for (auto it = entries_.begin(); it != entries_.end();) {
    const bool old = !it->second->running && it->second->until <= now;
    if (old) bytes_ -= size_of(it->second->made);
    it = old ? entries_.erase(it) : std::next(it);
  }
  while (entries_.size() >= kMost || bytes_ > kMostBytes) {
    const auto victim =
        std::find_if(entries_.begin(), entries_.end(), [](const auto& e) { return !e.second->running; });
    if (victim == entries_.end()) return entries_.size() < kMost;
    bytes_ -= size_of(victim->second->made);
    entries_.erase(victim);
  }
  return true;
}

net::Task<std::optional<Answers::Made>> Answers::get(std::string key, Make make) {
  const Mono now = loop_.clock().mono();
  const auto found = entries_.find(key);
  std::shared_ptr<Entry> entry = found == entries_.end() ? nullptr : found->second;
  if (entry && entry->running) {
    Wait wait{*entry};
    co_await wait;
    co_return entry->made;
  }
  if (entry && entry->until > now) co_return entry->made;
  if (!make_room(now)) co_return std::nullopt;
  entry = std::make_shared<Entry>();
  entries_.insert_or_assign(key, entry);
  ++made_;
  auto made = co_await executor_.run(loop_, std::move(make));
  entry->made = std::move(made);
  entry->running = false;
  const Mono end = loop_.clock().mono();
  entry->until = end + std::clamp<Nanos>((end - now) * kKeepTimes, kKeep, kKeepMost);
  bytes_ += size_of(entry->made);
  // An error may be gone the next time.
  if (!entry->made || !*entry->made) entry->until = end;
  for (const auto h : std::exchange(entry->waiting, {})) loop_.post([h] { h.resume(); });
  co_return entry->made;
}

net::Task<std::optional<Answers::Made>> Answers::once(Make make) {
  ++made_;
  auto made = co_await executor_.run(loop_, std::move(make));
  co_return made;
}

}  // namespace trine::web
