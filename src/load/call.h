// One request and all of its answer, with the instants that count.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "llm/usage.h"
#include "load/body.h"
#include "load/figures.h"
#include "load/target.h"
#include "net/loop.h"
#include "net/task.h"
#include "net/upstream.h"

namespace trine::load {

struct Outcome {
  enum class Kind : uint8_t {
    answered,    // all of it
    failed,      // see status, code and problem
    unfinished,  // we were told to stop before its end
  };
  Kind kind = Kind::failed;
  int status = 0;       // HTTP's; 0: none came
  std::string code;     // the API's own ("rate_limit_exceeded"), or ours ("timeout"); at most kMaxCode bytes
  std::string problem;  // a sentence of ours, where nothing came that has a code of its own
  std::optional<Mono> first_token, last_token;  // of a stream
  Mono end{};
  int64_t deltas = 0;  // of a stream: parts with something in them
  std::optional<llm::Usage> usage;
  std::optional<Figures> figures;
};

inline constexpr size_t kMaxCode = 64;
inline constexpr size_t kMaxAnswer = size_t{32} << 20;  // that is not streamed

// Who may end a call before its time. Told of each connection that carries bytes, one at a time.
struct Carrier {
  virtual void carries(net::UpstreamConnection& connection) = 0;
  virtual void done(net::UpstreamConnection& connection) = 0;

 protected:
  ~Carrier() = default;
};

// A call that is not over at `until` has failed with "timeout". A kept connection that turns out to be closed is
// replaced by a new one, once, as clients do. Everything but the body's document must outlive the task.
net::Task<Outcome> call(net::Loop& loop, net::Pool& pool, const Target& target, Body body, bool stream, Mono until,
                        Carrier& carrier);

}  // namespace trine::load
