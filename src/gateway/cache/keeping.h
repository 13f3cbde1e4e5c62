// An answer on its way to its client, written down to be kept and for those who follow it.
#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "gateway/cache/flight.h"
#include "llm/event.h"

namespace trine::gateway {

struct Exchange;

// Of one exchange that makes a call. One thread. What is not complete() when this ends has failed for its followers.
class Keeping {
 public:
  struct Meaning {  // where the answer is to be found by what was meant
    cache::Key scope;
    std::vector<float> unit;
  };
  // `flight` may be null: nobody may follow.
  Keeping(Exchange& x, const cache::Key& key, std::shared_ptr<Flight> flight);
  ~Keeping();
  Keeping(const Keeping&) = delete;
  Keeping& operator=(const Keeping&) = delete;

  void found_by(Meaning meaning) { meaning_ = std::move(meaning); }

  // Somebody besides the client waits for the answer.
  bool followed() const { return flight_ && flight_->followed(); }

  // The call failed before anybody had something of it; another one follows.
  void again();
  void stream(std::string_view content_type);
  // Whole events of the answer as they go out, without our figures.
  void event(std::string_view bytes, const llm::EventFacts& facts);
  void content(std::string_view events);
  // The client has its head: followers may have what there is.
  void publish();
  void whole(std::string_view content_type, std::string_view body);
  // All of it came, and may be given again. REQUIRES: the call is settled.
  void complete();

 private:
  bool too_long(size_t more);
  void give_up();
  void end_flight();

  Exchange& x_;
  const cache::Key key_;
  std::shared_ptr<Flight> flight_;
  std::optional<Meaning> meaning_;
  cache::Answer answer_;
  bool given_up_ = false;
  bool finished_ = false;  // a stream that ends without a reason is not all of it
  size_t published_ = 0;
};

// Nobody waits for what the exchange would be answered.
bool nobody_waits(const Exchange& x);

}  // namespace trine::gateway
