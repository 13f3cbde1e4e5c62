#include "ledger/records.h"

#include <gtest/gtest.h>

#include "unit/ledger/fixtures.h"

namespace trine::ledger {
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
}  // namespace trine::ledger
