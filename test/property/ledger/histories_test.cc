// Random histories of requests, crashes and folds against a model that shares no code with the store.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <fstream>
#include <map>
#include <set>

#include "base/log.h"
#include "ledger/segment.h"
#include "ledger/segment_reader.h"
#include "unit/ledger/fixtures.h"

namespace trine::ledger::histories_test {
namespace {

using namespace testing;

struct Expected {
  std::map<CallId, Tokens> calls;       // closed: tokens out
  std::map<CallId, Tokens> open_calls;  // begun: tokens relayed
  std::set<RequestId> begun, closed;
  std::map<CallId, std::map<uint32_t, int64_t>> energy;  // by version; the first of a version holds
};

// Plays random steps into two journals and notes what must come of them.
class Player {
 public:
  explicit Player(const std::filesystem::path& dir) : worker_(open_journal(dir, 0)), office_(open_journal(dir, 1)) {}

  void step() {
    switch (*rc::gen::weightedElement<int>({{6, 0}, {5, 1}, {5, 2}, {4, 3}, {2, 4}, {1, 5}, {2, 6}})) {
      case 0:
        begin(next_++, 0);
        break;
      case 1:
        relay();
        break;
      case 2:
        close_call();
        break;
      case 3:
        close_request();
        break;
      case 4:
        settle();
        break;
      case 5:
        RC_ASSERT(
            worker_->append(Event{"noise", kNoon, "", "", std::string(*rc::gen::inRange(0, 4000), 'e')}).has_value());
        break;
      default:
        retry();
        break;
    }
    worker_->maintain();
    office_->maintain();
  }
  Expected expected;

 private:
  struct Open {
    CallId id;
    Progress progress;
    Tokens relayed = 0;
  };

  void begin(uint64_t n, uint16_t attempt) {
    const CallId id{request_number(n), attempt};
    auto progress = worker_->intent(intent_of(id));
    RC_ASSERT(progress.has_value());
    open_.push_back({id, std::move(*progress), 0});
    expected.begun.insert(id.request);
    expected.open_calls[id] = 0;
    attempts_[n] = attempt;
  }
  void retry() {
    if (next_ == 0) return;
    const auto n = *rc::gen::inRange<uint64_t>(0, next_);
    if (!expected.closed.contains(request_number(n))) begin(n, static_cast<uint16_t>(attempts_[n] + 1));
  }
  Open* any() { return open_.empty() ? nullptr : &open_[*rc::gen::inRange<size_t>(0, open_.size())]; }
  void relay() {
    if (auto* o = any()) {
      o->relayed += *rc::gen::inRange(1, 50);
      o->progress.relayed(static_cast<uint64_t>(o->relayed), 1, kNoon);
      expected.open_calls[o->id] = o->relayed;
    }
  }
  void close_call() {
    auto* o = any();
    if (!o) return;
    auto call = call_of(o->id);
    call.out = o->relayed + 1;
    RC_ASSERT(worker_->append(call).has_value());
    expected.open_calls.erase(o->id);
    expected.calls[o->id] = call.out;
    open_.erase(open_.begin() + (o - open_.data()));
  }
  void close_request() {
    if (next_ == 0) return;
    const auto id = request_number(*rc::gen::inRange<uint64_t>(0, next_));
    if (expected.closed.contains(id)) return;
    for (const auto& o : open_) {
      if (o.id.request == id) return;
    }
    RC_ASSERT(worker_->append(request_of(id)).has_value());
    expected.closed.insert(id);
  }
  void settle() {
    if (expected.calls.empty()) return;
    auto it = expected.calls.begin();
    std::advance(it, *rc::gen::inRange<size_t>(0, expected.calls.size()));
    const auto version = *rc::gen::inRange<uint32_t>(0, 4);
    const auto energy = *rc::gen::inRange<int64_t>(1, 1'000'000);
    auto& journal = *rc::gen::element(0, 1) == 0 ? *worker_ : *office_;
    const auto known = expected.energy[it->first].contains(version);
    // Which journal is folded first is not defined, so a version is given out once, and repeated only unchanged.
    const auto value = known ? expected.energy[it->first][version] : energy;
    RC_ASSERT(journal.append(settlement_of(it->first, version, value)).has_value());
    expected.energy[it->first].try_emplace(version, value);
  }

  std::unique_ptr<Journal> worker_, office_;
  std::vector<Open> open_;
  std::map<uint64_t, uint16_t> attempts_;
  uint64_t next_ = 0;
};

void check(const std::filesystem::path& dir, const Expected& expected) {
  const auto sums = total(dir).sums;
  RC_ASSERT(sums.requests == static_cast<int64_t>(expected.begun.size()));
  RC_ASSERT(sums.calls == static_cast<int64_t>(expected.calls.size() + expected.open_calls.size()));
  RC_ASSERT(sums.outcomes[0] == static_cast<int64_t>(expected.closed.size()));
  Tokens out = 0;
  for (const auto& [id, tokens] : expected.calls) out += tokens;
  for (const auto& [id, tokens] : expected.open_calls) out += tokens;
  RC_ASSERT(sums.out == out);
  int64_t energy = 0;
  for (const auto& [id, versions] : expected.energy) energy += versions.rbegin()->second;
  RC_ASSERT(sums.energy.raw() == energy);
  // Each settlement once, wherever it is stored.
  auto db = Database::open(dir / "ledger.db", Database::Mode::read_only);
  auto rows = db->prepare("SELECT count(*) FROM settlements");
  RC_ASSERT(rows->step().value_or(false));
  int64_t settlements = 0;
  for (const auto& [id, versions] : expected.energy) settlements += static_cast<int64_t>(versions.size());
  RC_ASSERT(rows->integer(0) == settlements);
}

RC_GTEST_PROP(Histories, ACrashAtAnyMomentKeepsEveryRequestOnceWithItsTokens, ()) {
  const TempDir live, crashed;
  const auto steps = *rc::gen::inRange(1, 300);
  Player player(live.path());
  for (int i = 0; i < steps; ++i) player.step();
  copy_as_crashed(live.path(), crashed.path());
  for (int start = 0; start < 2; ++start) {  // recovering again changes nothing
    auto store = open_store(crashed.path(), static_cast<size_t>(*rc::gen::inRange(1, 50)));
    RC_ASSERT(store->recover().has_value());
    RC_ASSERT(store->state().damaged == 0u);
    check(crashed.path(), player.expected);
  }
}

RC_GTEST_PROP(Histories, FoldedInPiecesAsInOneWithCrashesOfTheFolderBetween, ()) {
  const TempDir live, crashed;
  const auto steps = *rc::gen::inRange(1, 300);
  Player player(live.path());
  auto store = open_store(live.path(), 7);
  for (int i = 0; i < steps; ++i) {
    player.step();
    const auto what = *rc::gen::inRange(0, 12);
    if (what == 0) RC_ASSERT(store->fold().has_value());
    if (what == 1) store = open_store(live.path(), 3);  // the folder died; its database and the journals are there
  }
  store.reset();
  copy_as_crashed(live.path(), crashed.path());
  auto after = open_store(crashed.path());
  RC_ASSERT(after->recover().has_value());
  check(crashed.path(), player.expected);
}

void damage_file(const std::filesystem::path& file, uint64_t at, uint64_t size, bool cut) {
  if (cut) {
    // The machine died: what was not written back is zero, the file keeps its size.
    std::filesystem::resize_file(file, at);
    std::filesystem::resize_file(file, size);
    return;
  }
  std::fstream f(file, std::ios::in | std::ios::out | std::ios::binary);
  f.seekg(static_cast<std::streamoff>(at));
  const auto was = static_cast<char>(f.get());
  f.seekp(static_cast<std::streamoff>(at));
  f.put(static_cast<char>(was ^ 0x41));
}

// The last three records, cut or garbled at every byte: what was before is kept, nothing is invented, start-up
// succeeds.
TEST(TornTail, EveryByteOfTheLastRecords) {
  log::set_level(log::Level::off);  // damage is reported, hundreds of times
  const TempDir live;
  std::filesystem::path segment;
  uint64_t end = 0, from = 0;
  {
    auto journal = open_journal(live.path(), 0, nullptr, 16 << 10);
    for (uint64_t n = 0; n < 4; ++n) write_request(*journal, n);
    segment = list_segments(live.path())->front().path.filename();
    auto reader = SegmentReader::open(live.path() / segment);
    uint64_t offset = kHeaderBytes;
    std::vector<uint64_t> starts;
    RecordView view;
    for (uint64_t s = 1; *(*reader)->read(offset, s, view) == Found::record; ++s) {
      starts.push_back(offset);
      offset += view.length;
    }
    ASSERT_EQ(starts.size(), 16u);
    from = starts[13];  // call, settlement, request of the fourth
    end = offset;
    const TempDir image;
    copy_as_crashed(live.path(), image.path());
    for (const bool cut : {true, false}) {
      for (uint64_t at = from; at < end; ++at) {
        const TempDir crashed;
        std::filesystem::copy_file(image.path() / segment, crashed.path() / segment);
        damage_file(crashed.path() / segment, at, 16 << 10, cut);
        auto store = open_store(crashed.path());
        const auto recovered = store->recover();
        ASSERT_TRUE(recovered) << at << ": " << recovered.error().message;
        const auto sums = total(crashed.path()).sums;
        ASSERT_EQ(sums.requests, 4) << at;
        ASSERT_EQ(sums.calls, 4) << at;
        ASSERT_EQ(sums.outcomes[0] + sums.outcomes[3], 4) << at;
        ASSERT_GE(sums.outcomes[0], 3) << at;
        ASSERT_LE(sums.energy.raw(), 4 * 2'500'000) << at;
        ASSERT_GE(sums.energy.raw(), 3 * 2'500'000) << at;
      }
    }
  }
  log::set_level(log::Level::info);
}

RC_GTEST_PROP(Segments, NoBytesMakeTheParserReadOutsideOrInvent, (const std::vector<uint8_t>& noise)) {
  const auto bytes = std::as_bytes(std::span(noise));
  RecordView view;
  const auto found = parse_record(bytes, 1, view);
  if (found == Found::record) RC_ASSERT(view.length <= bytes.size());
  (void)parse_header(bytes);
  for (uint16_t type = 0; type < 8; ++type) (void)decode(static_cast<RecordType>(type), kPayloadVersion, bytes);
}

}  // namespace
}  // namespace trine::ledger::histories_test
