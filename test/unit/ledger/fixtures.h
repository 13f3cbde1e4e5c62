// What the ledger's tests share: a directory that goes away, facts to store, a disk that can be full.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <string>

#include "ledger/journal.h"
#include "ledger/report.h"
#include "ledger/store.h"

namespace trine::ledger::testing {

class TempDir {
 public:
  TempDir() {
    // Memory if there is a file system in it: these tests are about order and crashes, not about the speed of fsync.
    const std::filesystem::path memory = "/dev/shm";
    const auto base = ::access(memory.c_str(), W_OK) == 0 ? memory : std::filesystem::temp_directory_path();
    std::string pattern = (base / "trine-ledger-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~TempDir() {
    std::error_code ec;
    std::filesystem::remove_all(path_, ec);
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// A disk on which `segments` more segments can be created.
class SmallDisk final : public Space {
 public:
  explicit SmallDisk(int segments) : left(segments) {}
  Result<int> create(const std::filesystem::path& path, uint64_t bytes) override {
    if (left.load() <= 0) return fail(Code::resource_exhausted, "disk full");
    --left;
    return disk_space().create(path, bytes);
  }
  std::atomic<int> left;
};

inline const Wall kNoon = from_unix_ns(1'764'000'000'000'000'000);

inline RequestId request_number(uint64_t n) {
  return {0x019a'0000'0000'0000ull + n, n * 7919 + 1};
}

inline CallIntent intent_of(const CallId& id) {
  CallIntent i;
  i.id = id;
  i.tenant = {"acme", "claims", "intake", "key_7"};
  i.user = "ada@example.com";
  i.workload = "invoices";
  i.route = "small";
  i.endpoint = "/v1/chat/completions";
  i.deployment = "fr-4090";
  i.zone = "FR";
  i.model = "gpt-oss-20b";
  i.start = kNoon;
  i.in_estimate = 900;
  i.streamed = true;
  i.simulated = true;
  return i;
}

inline CallFacts call_of(const CallId& id) {
  CallFacts c;
  c.id = id;
  c.deployment = "fr-4090";
  c.zone = "FR";
  c.model = "gpt-oss-20b";
  c.start = kNoon;
  c.first_token = kNoon + std::chrono::milliseconds(80);
  c.end = kNoon + std::chrono::milliseconds(900);
  c.in = 1000;
  c.cached = 400;
  c.out = 120;
  c.streamed = true;
  c.simulated = true;
  c.http_status = 200;
  c.mean_batch = 3.5;
  return c;
}

inline RequestFacts request_of(const RequestId& id, uint16_t calls = 1) {
  RequestFacts r;
  r.id = id;
  r.tenant = {"acme", "claims", "intake", "key_7"};
  r.user = "ada@example.com";
  r.workload = "invoices";
  r.route = "small";
  r.endpoint = "/v1/chat/completions";
  r.start = kNoon;
  r.end = kNoon + std::chrono::seconds(1);
  r.streamed = true;
  r.http_status = 200;
  r.reason = "fr-4090: score 0.93";
  r.calls = calls;
  return r;
}

inline Settlement settlement_of(const CallId& id, uint32_t version = 0, int64_t energy_uj = 2'500'000) {
  Settlement s;
  s.call = id;
  s.version = version;
  s.basis = version == 0 ? energy::Basis::provisional : energy::Basis::final;
  s.booked_at = kNoon + std::chrono::seconds(1);
  s.figures.gpu_energy = Energy::raw(energy_uj / 2);
  s.figures.energy = Energy::raw(energy_uj);
  s.figures.energy_low = Energy::raw(energy_uj - 7);
  s.figures.energy_high = Energy::raw(energy_uj + 9);
  s.figures.operational = Carbon::raw(41'000);
  s.figures.embodied = Carbon::raw(1'001);
  s.figures.carbon_low = Carbon::raw(30'000);
  s.figures.carbon_high = Carbon::raw(60'000);
  s.figures.cost = Money::raw(77'000);
  s.figures.letter = energy::Letter::S;
  return s;
}

inline DeviceWindow window_of(Wall begin) {
  DeviceWindow w;
  w.device = "gpu0";
  w.deployment = "fr-4090";
  w.zone = "FR";
  w.begin = begin;
  w.end = begin + std::chrono::seconds(1);
  w.total = {Energy::raw(100), Energy::raw(130), Carbon::raw(13), Carbon::raw(5), Money::raw(50)};
  w.requests = {Energy::raw(60), Energy::raw(80), Carbon::raw(8), Carbon::raw(3), Money::raw(30)};
  w.foreign = {Energy::raw(10), Energy::raw(12), Carbon::raw(1), Carbon::raw(1), Money::raw(5)};
  w.unattributed = {Energy::raw(30), Energy::raw(38), Carbon::raw(4), Carbon::raw(1), Money::raw(15)};
  w.intensity_g_per_kwh = 56.25;
  w.letter = energy::Letter::A;
  return w;
}

inline std::unique_ptr<Journal> open_journal(const std::filesystem::path& dir, uint32_t worker = 0,
                                             Space* space = nullptr, uint64_t segment_bytes = 64 << 10) {
  Journal::Options options;
  options.dir = dir;
  options.worker = worker;
  options.segment_bytes = segment_bytes;
  options.reserve_bytes = 4096;
  options.space = space;
  auto journal = Journal::open(std::move(options));
  EXPECT_TRUE(journal) << (journal ? "" : journal.error().message);
  return journal ? std::move(*journal) : nullptr;
}

inline std::unique_ptr<Store> open_store(const std::filesystem::path& dir, size_t batch = 4096) {
  Store::Options options;
  options.dir = dir;
  options.batch_records = batch;
  auto store = Store::open(std::move(options));
  EXPECT_TRUE(store) << (store ? "" : store.error().message);
  return store ? std::move(*store) : nullptr;
}

// One whole request of one call, closed and settled.
inline void write_request(Journal& journal, uint64_t n) {
  const CallId call{request_number(n), 0};
  ASSERT_TRUE(journal.intent(intent_of(call)));
  ASSERT_TRUE(journal.append(call_of(call)));
  ASSERT_TRUE(journal.append(settlement_of(call)));
  ASSERT_TRUE(journal.append(request_of(call.request)));
}

inline ReportRow total(const std::filesystem::path& dir, By by = By::none) {
  auto report = Reports(dir).query({.since = kNoon - std::chrono::hours(24),
                                    .until = kNoon + std::chrono::hours(24),
                                    .by = by,
                                    .workload = {},
                                    .key = {},
                                    .deployment = {},
                                    .zone = {}});
  EXPECT_TRUE(report) << (report ? "" : report.error().message);
  return report ? report->total : ReportRow{};
}

// The directory as a crash at this instant would leave it.
inline void copy_as_crashed(const std::filesystem::path& from, const std::filesystem::path& to) {
  std::filesystem::create_directories(to);
  for (const auto& entry : std::filesystem::directory_iterator(from)) {
    std::filesystem::copy_file(entry.path(), to / entry.path().filename(),
                               std::filesystem::copy_options::overwrite_existing);
  }
}

// Whether any file below `dir` contains `text`.
inline bool anywhere(const std::filesystem::path& dir, const std::string& text) {
  for (const auto& entry : std::filesystem::recursive_directory_iterator(dir)) {
    if (!entry.is_regular_file()) continue;
    std::ifstream in(entry.path(), std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    if (bytes.find(text) != std::string::npos) return true;
  }
  return false;
}

// Its calls, as reported.
inline std::vector<CallView> calls_of(const TempDir& dir, const RequestId& id) {
  auto view = Reports(dir.path()).request(id);
  EXPECT_TRUE(view) << (view ? "" : view.error().message);
  return view && *view ? (*view)->calls : std::vector<CallView>();
}

// The one integer that a query of the database gives.
inline int64_t count(const TempDir& dir, const std::string& sql) {
  auto db = Database::open(dir.path() / "ledger.db", Database::Mode::read_only);
  auto rows = db->prepare(sql);
  EXPECT_TRUE(rows && *rows->step()) << sql;
  return rows->integer(0);
}

}  // namespace trine::ledger::testing
