#include "web/sessions.h"

#include <sys/random.h>

#include <algorithm>
#include <array>
#include <stdexcept>

#include "base/text.h"

namespace trine::web {

std::string random_token() {
  std::array<char, 32> bytes{};
  // Without random bytes nobody may sign in.
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
    throw std::runtime_error("the system gives no random bytes");
  std::string text = base64({bytes.data(), bytes.size()});
  for (char& c : text) c = c == '+' ? '-' : c == '/' ? '_' : c;
  text.resize(text.find_last_not_of('=') + 1);
  return text;
}

bool Sessions::over(const Session& s) const {
  return s.expires <= clock_.wall() || s.used + kIdle <= clock_.mono();
}

std::string Sessions::begin(std::string actor, protect::Role role, std::optional<Wall> until) {
  if (sessions_.size() >= kMost) std::erase_if(sessions_, [this](const auto& s) { return over(s.second); });
  if (sessions_.size() >= kMost)
    sessions_.erase(std::min_element(sessions_.begin(), sessions_.end(),
                                     [](const auto& a, const auto& b) { return a.second.used < b.second.used; }));
  std::string id = random_token();
  const Wall latest = clock_.wall() + kLongest;
  sessions_[protect::sha256(id)] =
      Session{std::move(actor), role, random_token(), until ? std::min(*until, latest) : latest, clock_.mono()};
  return id;
}

const Session* Sessions::find(std::string_view id) {
  if (id.empty()) return nullptr;
  const auto it = sessions_.find(protect::sha256(id));
  if (it == sessions_.end()) return nullptr;
  if (over(it->second)) {
    sessions_.erase(it);
    return nullptr;
  }
  it->second.used = clock_.mono();
  return &it->second;
}

void Sessions::end(std::string_view id) {
  sessions_.erase(protect::sha256(id));
}

}  // namespace trine::web
