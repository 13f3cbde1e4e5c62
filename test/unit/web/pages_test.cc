// The pages on their port, with clients in memory and time that moves only when the test says so: who may look, and
// what strangers leave behind.
#include "web/pages.h"

#include "gateway/admin/access.h"
#include "gateway/metering/metering.h"
#include "gateway/view.h"
#include "integration/gateway/harness.h"
#include "protect/identity_store.h"
#include "protect/local_admins.h"

namespace trine::web::pages_test {
namespace {

using namespace gateway::test;
using namespace std::chrono_literals;
using protect::Role;
using protect::WatchLevel;

constexpr const char* kPassword = "correct horse battery";

class PagesPort : public testing::Test, net::Handler {
 protected:
  PagesPort() {
    auto admins = *protect::LocalAdmins::open(identity_);
    EXPECT_TRUE(admins->add("ada", kPassword, Role::viewer, true));
    EXPECT_TRUE(store_->put_group({.path = "acme", .workload = {}, .routes = {}, .endpoints = {}}, clock_.wall()));
    gateway::Pages::Parts parts{
        .loop = loop_,
        .ledger = *ledger_,
        .own = own_,
        .view =
            [this] {
              return gateway::GatewayView{*snapshot_, workers_, ledger_->state(), metering_};
            },
        .note = [this](protect::AuditEntry line) { lines_.push_back(std::move(line)); },
        .identities =
            [this] { return std::make_shared<const gateway::Identities>(*store_->table(clock_.wall()), snapshot_); },
        .want_keys = [](size_t) {},
        .watched =
            [this](const string& name) { return suspended_ == name ? WatchLevel::suspended : WatchLevel::none; }};
    auto made = make_pages(std::move(parts), snapshot_, {});
    if (!made) throw std::runtime_error(made.error().message);
    pages_ = std::move(*made);
  }
  ~PagesPort() override {
    clients_.clear();
    server_.close_all();
    loop_.run_virtual(clock_, 1h);
  }

  Client& send(const string& request) {
    auto [theirs, ours] = net::memory_pair(loop_);
    server_.serve(std::move(ours));
    Client& c = *clients_.emplace_back(std::make_unique<Client>(std::move(theirs)));
    c.send(request);
    loop_.run_virtual(clock_, Nanos(0));
    return c;
  }
  // For what the ledger's thread and that of passwords do. Virtual time stands still.
  Message ask(const string& request) {
    Client& c = send(request);
    Message m;
    const auto patience = std::chrono::steady_clock::now() + 20s;
    while (!(m = c.answer()).complete && std::chrono::steady_clock::now() < patience) {
      std::this_thread::yield();
      loop_.run_virtual(clock_, Nanos(0));
    }
    EXPECT_TRUE(m.complete);
    return m;
  }
  void pass(Nanos d) {
    const Mono target = clock_.mono() + d;
    loop_.run_virtual(clock_, d);
    if (clock_.mono() < target) clock_.advance(target - clock_.mono());
    loop_.run_virtual(clock_, Nanos(0));
  }

  // A key of the identity store that may look; its name, and the header that carries it.
  struct Viewer {
    string name, header;
  };
  Viewer viewer() {
    protect::KeyWish wish;
    wish.group = "acme";
    wish.role = Role::viewer;
    const auto key = store_->create(wish, clock_.wall());
    if (!key) throw std::runtime_error(key.error().message);
    return {protect::key_name(key->id), "Authorization: Bearer " + key->text + "\r\n"};
  }
  void suspend(const string& name) { suspended_ = name; }
  const std::vector<protect::AuditEntry>& lines() const { return lines_; }

 private:
  net::Task<void> serve(net::ServerConnection& c) override { return pages_->serve(c); }
  string refuse(net::Refusal, string_view) override { return {}; }

  TempDir folder_, books_;
  const std::filesystem::path identity_ = folder_.path() / "identity";
  VirtualClock clock_{from_unix_ns(1'800'000'000'000'000'000)};
  net::Loop loop_{clock_};
  std::unique_ptr<protect::IdentityStore> store_ = *protect::IdentityStore::open(identity_);
  std::unique_ptr<ledger::Ledger> ledger_ = Harness::open_ledger(books_.path());
  gateway::Executor executor_;
  gateway::OwnEndpoints own_{*ledger_, executor_};
  std::shared_ptr<const gateway::Snapshot> snapshot_ =
      must_snapshot(Sample{.more = "identity: { dir: " + identity_.string() + " }"}.yaml());
  gateway::Metering metering_{loop_, ledger_->back_office()};
  std::vector<gateway::WorkerCounters> workers_{1};
  string suspended_;
  std::vector<protect::AuditEntry> lines_;
  std::unique_ptr<gateway::Pages> pages_;
  net::Server server_{loop_, *this, gateway::server_limits(*snapshot_->config)};
  std::vector<std::unique_ptr<Client>> clients_;
};

constexpr const char* kPath = "/v1/ui/settings";

TEST_F(PagesPort, ASuspendedKeyReadsNothing) {
  const Viewer one = viewer(), other = viewer();
  ASSERT_EQ(ask(get(kPath, one.header)).status, 200);
  suspend(one.name);
  const Message refused = ask(get(kPath, one.header));
  EXPECT_EQ(refused.status, 403);
  EXPECT_EQ(error_code(refused), "key_suspended");
  EXPECT_EQ(ask(get("/v1/ui/live", one.header)).status, 403);
  EXPECT_EQ(ask(get(kPath, other.header)).status, 200) << "another one's is let be";
}

TEST_F(PagesPort, ASuspensionEndsAStreamThatIsOpen) {
  const Viewer one = viewer();
  Client& stream = send(get("/v1/ui/live", one.header));
  pass(3s);
  const size_t before = stream.received.size();
  EXPECT_NE(stream.received.find("data: {"), string::npos) << stream.received;
  EXPECT_FALSE(stream.ended);
  suspend(one.name);
  pass(2s);
  EXPECT_TRUE(stream.ended);
  EXPECT_EQ(stream.received.size(), before) << "nothing more was told";
  EXPECT_EQ(ask(get(kPath, viewer().header)).status, 200);  // what the stream asked of the ledger is done then
}

TEST_F(PagesPort, ASuspendedPersonsSessionReadsNothing) {
  const Message in = ask(post("/v1/ui/login", fmt::format(R"({{"user":"ada","password":"{}"}})", kPassword), ""));
  ASSERT_EQ(in.status, 200) << in.body;
  const string cookie = "Cookie: " + in.header("set-cookie").substr(0, in.header("set-cookie").find(';')) + "\r\n";
  ASSERT_EQ(ask(get(kPath, cookie)).status, 200);
  suspend("local:ada");
  const Message refused = ask(get(kPath, cookie));
  EXPECT_EQ(refused.status, 403);
  EXPECT_EQ(error_code(refused), "key_suspended");
}

TEST_F(PagesPort, WhoComesBackFromNoProviderFillsNoLog) {
  const string bogus = get("/v1/ui/oidc/callback?code=x&state=y", "");
  const Message first = ask(bogus);
  EXPECT_EQ(first.status, 302);
  EXPECT_EQ(first.header("location"), "/login?failed=oidc");
  Message last;
  for (int i = 0; i < 40; ++i) last = ask(bogus);
  EXPECT_EQ(last.status, 429);
  EXPECT_EQ(last.header("retry-after"), "5");
  EXPECT_LE(lines().size(), 11u) << "each line is synced to the disk, and its sender needs no key";
  EXPECT_GE(lines().size(), 1u) << "the first ones are told";
  pass(5s);
  EXPECT_EQ(ask(bogus).status, 302);
}

}  // namespace
}  // namespace trine::web::pages_test
