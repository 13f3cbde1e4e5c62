// Writes ledgers for the tests of commands that read one.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "ledger/ledger.h"

namespace trine::cli::testing {

using namespace std::chrono_literals;

// What one answer took.
struct Taken {
  Tokens in = 1000, cached = 400, out = 200;
  double joules = 400, grams = 0.025, euros = 0.0001;
  bool simulated = true;
  energy::Tenant tenant = {"acme", "claims", "intake", "key_7"};
};

inline ledger::CallIntent intent_of(const CallId& call, const std::string& deployment, const std::string& zone,
                                    Wall start) {
  ledger::CallIntent intent;
  intent.id = call;
  intent.tenant = {"acme", "claims", "intake", "key_7"};
  intent.user = "ada@example.com";
  intent.workload = "invoices";
  intent.route = "small";
  intent.endpoint = "/v1/chat/completions";
  intent.deployment = deployment;
  intent.zone = zone;
  intent.model = "gpt-oss-20b";
  intent.start = start;
  intent.simulated = true;
  return intent;
}

// One answered request of one call, booked at its end.
inline void write_request(ledger::Journal& journal, uint64_t n, const std::string& deployment, const std::string& zone,
                          Wall end, const Taken& served = {}) {
  const RequestId id{0x019a'0000'0000'0000ull + n, n};
  const CallId call{id, 0};
  auto intent = intent_of(call, deployment, zone, end - 1s);
  intent.tenant = served.tenant;
  ASSERT_TRUE(journal.intent(intent));

  energy::CallFacts facts;
  facts.id = call;
  facts.deployment = deployment;
  facts.zone = zone;
  facts.model = "gpt-oss-20b";
  facts.start = end - 1s;
  facts.first_token = end - 900ms;
  facts.end = end;
  facts.in = served.in;
  facts.cached = served.cached;
  facts.out = served.out;
  facts.simulated = served.simulated;
  facts.http_status = 200;
  ASSERT_TRUE(journal.append(facts));

  energy::Settlement s;
  s.call = call;
  s.booked_at = end;
  s.figures.gpu_energy = joules(served.joules * 0.75);
  s.figures.energy = joules(served.joules);
  s.figures.energy_low = joules(served.joules * 0.75);
  s.figures.energy_high = joules(served.joules * 1.375);
  s.figures.operational = grams(served.grams * 0.8);
  s.figures.embodied = grams(served.grams * 0.2);
  s.figures.carbon_low = grams(served.grams * 0.8);
  s.figures.carbon_high = grams(served.grams * 1.6);
  s.figures.cost = euros(served.euros);
  s.figures.letter = served.simulated ? energy::Letter::S : energy::Letter::B;
  ASSERT_TRUE(journal.append(s));

  energy::RequestFacts request;
  request.id = id;
  request.tenant = served.tenant;
  request.user = "ada@example.com";
  request.workload = "invoices";
  request.route = "small";
  request.endpoint = "/v1/chat/completions";
  request.start = end - 1s;
  request.end = end;
  request.http_status = 200;
  request.calls = 1;
  ASSERT_TRUE(journal.append(request));
}

// `segment_bytes`: more for thousands of requests at once.
inline std::unique_ptr<ledger::Ledger> open_ledger(const std::filesystem::path& dir,
                                                   uint64_t segment_bytes = 64 << 10) {
  ledger::Ledger::Options options;
  options.dir = dir;
  options.segment_bytes = segment_bytes;
  options.reserve_bytes = 8 << 10;
  auto ledger = ledger::Ledger::open(options);
  EXPECT_TRUE(ledger) << (ledger ? "" : ledger.error().message);
  return ledger ? std::move(*ledger) : nullptr;
}

}  // namespace trine::cli::testing
