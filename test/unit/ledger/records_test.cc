#include "ledger/records.h"

#include <gtest/gtest.h>

#include <tuple>

#include "unit/ledger/fixtures.h"

namespace trine::ledger::records_test {
namespace {

using namespace testing;

template <class R>
std::vector<std::byte> bytes_of(const R& record) {
  std::vector<std::byte> out(encoded_size(record));
  encode(record, out.data());
  return out;
}

template <class R>
R round_trip(const R& record) {
  const auto bytes = bytes_of(record);
  auto back = decode(type_of(Record(record)), kPayloadVersion, bytes);
  EXPECT_TRUE(back);
  return back ? std::get<R>(*back) : R{};
}

TEST(Records, EveryFieldComesBack) {
  const CallId call{request_number(1), 3};
  EXPECT_EQ(round_trip(intent_of(call)), intent_of(call));
  EXPECT_EQ(round_trip(call_of(call)), call_of(call));
  EXPECT_EQ(round_trip(request_of(call.request)), request_of(call.request));
  EXPECT_EQ(round_trip(settlement_of(call)), settlement_of(call));
  EXPECT_EQ(round_trip(window_of(kNoon)), window_of(kNoon));
  const Event event{"decision", kNoon, "key_7", "ada", R"({"route":"small"})"};
  EXPECT_EQ(round_trip(event), event);
  const GatewayUse use{kNoon,
                       kNoon + std::chrono::minutes(1),
                       Nanos(1'234'567),
                       "FR",
                       Energy::raw(7),
                       Energy::raw(3),
                       Energy::raw(15),
                       Carbon::raw(9),
                       Carbon::raw(4),
                       Carbon::raw(20)};
  EXPECT_EQ(round_trip(use), use);
  const Avoided avoided{request_number(1), "cache.exact", kNoon, 900, -80, settlement_of(call).figures};
  EXPECT_EQ(round_trip(avoided), avoided);
}

TEST(Records, LongTextsAreCutAtACharacter) {
  auto request = request_of(request_number(1));
  request.route = std::string(kMaxName - 1, 'x') + "é";  // the é would straddle the limit
  request.reason = std::string(1000, 'y');
  const auto back = round_trip(request);
  EXPECT_EQ(back.route, std::string(kMaxName - 1, 'x'));
  EXPECT_EQ(back.reason, std::string(kMaxSentence, 'y'));
}

TEST(Records, CutShortOrTooLongIsDamage) {
  const auto bytes = bytes_of(call_of({request_number(1), 0}));
  for (size_t n = 0; n < bytes.size(); ++n) {
    EXPECT_FALSE(decode(RecordType::call_facts, kPayloadVersion, std::span(bytes).first(n))) << n;
  }
  auto longer = bytes;
  longer.resize(bytes.size() + 7);
  EXPECT_TRUE(decode(RecordType::call_facts, kPayloadVersion, longer));  // padding
  longer.resize(bytes.size() + 8);
  EXPECT_FALSE(decode(RecordType::call_facts, kPayloadVersion, longer));
  longer.resize(bytes.size() + 1);
  longer.back() = std::byte{1};
  EXPECT_FALSE(decode(RecordType::call_facts, kPayloadVersion, longer));
}

TEST(Records, ACallIsStreamedOrBesideOrBothOrNeither) {
  auto call = call_of({request_number(1), 0});
  for (const bool streamed : {false, true})
    for (const bool beside : {false, true}) {
      call.streamed = streamed;
      call.beside = beside;
      const auto back = decode(RecordType::call_facts, kPayloadVersion, bytes_of(call));
      ASSERT_TRUE(back);
      EXPECT_EQ(std::get<CallFacts>(*back), call);
    }
}

TEST(Records, RowsAreTheSameBytesWithTheNamesLeftTogether) {
  auto facts = call_of({request_number(1), 3});
  facts.zone = "";
  facts.beside = true;
  const auto call_bytes = bytes_of(facts);
  CallRow call;
  ASSERT_TRUE(decode(kPayloadVersion, call_bytes, call));
  EXPECT_EQ(split_names<3>(call.target), (std::array<std::string_view, 3>{facts.deployment, "", facts.model}));
  EXPECT_EQ(std::tie(call.id, call.start, call.first_token, call.end, call.in, call.cached, call.out),
            std::tie(facts.id, facts.start, facts.first_token, facts.end, facts.in, facts.cached, facts.out));
  EXPECT_EQ(std::tie(call.source, call.streamed, call.beside, call.simulated, call.outcome, call.http_status,
                     call.mean_batch),
            std::tie(facts.source, facts.streamed, facts.beside, facts.simulated, facts.outcome, facts.http_status,
                     facts.mean_batch));

  auto asked = request_of(request_number(2));
  asked.outcome = energy::Outcome::failed;
  asked.error = "upstream_timeout";
  const auto request_bytes = bytes_of(asked);
  RequestRow request;
  ASSERT_TRUE(decode(kPayloadVersion, request_bytes, request));
  const auto& t = asked.tenant;
  EXPECT_EQ(
      split_names<7>(request.origin),
      (std::array<std::string_view, 7>{t.org, t.team, t.project, t.key, asked.workload, asked.route, asked.endpoint}));
  EXPECT_EQ(std::tie(request.id, request.start, request.end, request.streamed, request.outcome, request.http_status),
            std::tie(asked.id, asked.start, asked.end, asked.streamed, asked.outcome, asked.http_status));
  EXPECT_EQ(request.error, asked.error);
  EXPECT_EQ(request.reason, asked.reason);
  EXPECT_EQ(request.user, asked.user);
  EXPECT_EQ(request.calls, asked.calls);

  for (size_t n = 0; n < request_bytes.size(); ++n) {
    EXPECT_FALSE(decode(kPayloadVersion, std::span(request_bytes).first(n), request)) << n;
  }
  EXPECT_FALSE(decode(kPayloadVersion + 1, call_bytes, call));
  EXPECT_EQ(split_names<3>("junk"), (std::array<std::string_view, 3>{}));
}

TEST(Records, UnknownTypesVersionsAndEnumeratorsAreDamage) {
  auto bytes = bytes_of(settlement_of({request_number(1), 0}));
  EXPECT_TRUE(decode(RecordType::settlement, kPayloadVersion, bytes));
  EXPECT_FALSE(decode(RecordType::settlement, kPayloadVersion + 1, bytes));
  EXPECT_FALSE(decode(static_cast<RecordType>(77), kPayloadVersion, bytes));
  bytes.back() = std::byte{'Q'};  // the letter
  EXPECT_FALSE(decode(RecordType::settlement, kPayloadVersion, bytes));
}

TEST(Records, ClipNeverEndsInsideACharacter) {
  EXPECT_EQ(clip("abc", 3), "abc");
  EXPECT_EQ(clip("añb", 2), "a");
  EXPECT_EQ(clip("añb", 3), "añ");
  EXPECT_EQ(clip("\x80\x80\x80", 2), "");  // not UTF-8 at all: still within the limit
}

}  // namespace
}  // namespace trine::ledger::records_test
