// The pages' API of the real program: its figures are those of the commands, and nobody sees or changes anything
// without leave.
#include <fmt/format.h>

#include <thread>

#include "base/time.h"
#include "integration/cli/served.h"

namespace trine::cli::pages_test {
namespace {

using namespace testing;

struct Answer {
  int status = 0;
  std::string head, body;
  Json json() const { return Json::parse(body, nullptr, false); }
  std::string code() const {
    const Json j = json();
    return j.is_object() && j.contains("error") ? j["error"].value("code", "") : "";
  }
  std::string header(const std::string& name) const {
    const size_t at = head.find("\r\n" + name + ": ");
    return at == head.npos ? "" : head.substr(at + name.size() + 4, head.find("\r\n", at + 2) - at - name.size() - 4);
  }
};

constexpr const char* kPassword = "correct horse battery staple";

class Pages : public ::testing::Test {
 protected:
  Pages()
      : sim_({"engine-sim", "--listen", "127.0.0.1:0", "--model", "gpt-oss-20b", "--gpu", "A100-PCIe-80GB",
              "--time-scale", "50"}) {
    engine_ = port_behind(sim_.line(), "http://127.0.0.1:");
  }
  void serve(bool identity, const std::string& admin = "127.0.0.1:0") {
    Json config{{"listen", {{"traffic", "127.0.0.1:0"}, {"admin", admin}}},
                {"ledger", {{"dir", (dir_.path() / "ledger").string()}}},
                {"grid", {{"zones", {{"DE", {{"g_per_kwh", 400}}}}}, {"cache", (dir_.path() / "grid").string()}}},
                {"keys", {{{"id", "one"}, {"secret", "sk-one"}}}},
                {"budgets", {{{"for", {{"key", "one"}}}, {"eur", 10}, {"period", "month"}}}},
                {"baseline", {{"vendor", "openai"}, {"model", "gpt-4o-mini"}}},
                {"deployments",
                 {{{"name", "sim"},
                   {"url", "http://127.0.0.1:" + std::to_string(engine_) + "/v1"},
                   {"engine", "sim"},
                   {"model", "gpt-oss-20b"},
                   {"gpu", "A100-PCIe-80GB"},
                   {"zone", "DE"},
                   {"price", {{"per_hour", 1.2}}}}}},
                {"routes", {{{"model", "m"}, {"deployments", {"sim"}}, {"workload", "chat"}}}}};
    if (identity) config["identity"] = {{"dir", (dir_.path() / "identity").string()}};
    served_ = std::make_unique<Served>(dir_.file("trine.yaml", config.dump()));
  }
  std::string token() const {
    const std::string before = "first-run token ";
    const size_t at = served_->log.find(before);
    return at == std::string::npos ? "" : served_->log.substr(at + before.size(), 43);
  }

  Answer request(const std::string& method, const std::string& path, const std::string& headers = {},
                 const std::string& body = {}) const {
    const std::string got =
        ask(served_->admin, fmt::format("{} {} HTTP/1.1\r\nhost: 127.0.0.1:{}\r\nconnection: close\r\n"
                                        "{}content-length: {}\r\n\r\n{}",
                                        method, path, served_->admin, headers, body.size(), body));
    const size_t end = got.find("\r\n\r\n");
    if (end == std::string::npos) return {};
    return {std::atoi(got.c_str() + 9), got.substr(0, end), got.substr(end + 4)};
  }
  Answer get(const std::string& path) const { return request("GET", path, session_); }
  Answer sign_in(const std::string& path, const Json& body) {
    Answer a = request("POST", path, session_, body.dump());
    if (a.status < 300) {
      const std::string cookie = a.header("set-cookie");
      session_ = "cookie: " + cookie.substr(0, cookie.find(';')) + "\r\n";
      csrf_ = a.json()["csrf"];
    }
    return a;
  }
  Answer set_up() { return sign_in("/v1/ui/setup", {{"token", token()}, {"user", "ada"}, {"password", kPassword}}); }
  Json printed(std::vector<std::string> words) const {
    words.insert(words.end(), {"-c", (dir_.path() / "trine.yaml").string()});
    const Ran ran = run_trine(words);
    EXPECT_EQ(ran.status, 0) << ran.err;
    return Json::parse(ran.out, nullptr, false);
  }
  // Waits until the ledger has what was asked.
  void chats(int n) {
    for (int i = 0; i < n; ++i) EXPECT_TRUE(is(chat(served_->traffic, "sk-one", 8), 200));
    const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (served_->metric("trine_ledger_lag_records") != 0 && std::chrono::steady_clock::now() < patience) {
    }
  }

  TempDir dir_;
  Background sim_;
  int engine_ = 0;
  std::unique_ptr<Served> served_;
  std::string session_, csrf_;  // a header's line
};

TEST_F(Pages, FiguresAreThoseOfTheCommands) {
  serve(false);
  chats(5);
  // Of a time that is soon over: machines that wait go on taking energy, and final figures are booked in a moment.
  const std::string until = trine::iso8601(trine::system_clock().wall() + std::chrono::seconds(5));
  const std::string since = "since=2020-01-01&until=" + until;
  const std::vector<std::string> period = {"--since", "2020-01-01", "--until", until};
  // The first waits for the last windows, the others for no change between the two.
  auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(120);
  for (const std::string by : {"none", "workload", "key", "deployment", "zone", "hour", "model"}) {
    std::vector<std::string> words = {"report", "--json", "--by", by};
    words.insert(words.end(), period.begin(), period.end());
    Json page, command;
    do {
      page = get("/v1/ui/report?by=" + by + "&" + since).json(), command = printed(words);
      // The gateway's own energy goes on while the two are asked.
      for (Json* j : {&page, &command}) {
        j->at("total").erase("gateway");
        for (Json& row : j->at("rows")) row.erase("gateway");
        j->erase("savings");
      }
    } while (page != command && std::chrono::steady_clock::now() < patience);
    EXPECT_EQ(page, command) << by;
    EXPECT_EQ(page["total"]["requests"], 5);
    patience = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  }
  Json overview;
  double joules = 0, requests = 0;
  const auto total = [&overview](const char* figure) { return overview["report"]["total"][figure].get<double>(); };
  do {
    overview = get("/v1/ui/overview?" + since).json();
    const Json series = get("/v1/ui/series?since=1h").json();
    joules = requests = 0;
    for (const auto& e : series["energy_j"]) joules += e.get<double>();
    for (const auto& n : series["requests"]) requests += n.get<double>();
  } while (std::abs(joules - total("energy_j")) > 1e-6 && std::chrono::steady_clock::now() < patience);
  EXPECT_NEAR(joules, total("energy_j"), 1e-6);
  EXPECT_GT(joules, 0);
  EXPECT_EQ(requests, 5);
  EXPECT_EQ(total("energy_uj"), get("/v1/ui/report?" + since).json()["total"]["energy_uj"].get<double>());
  EXPECT_EQ(overview["before"]["requests"], 0);
  EXPECT_NE(overview["report"]["savings"]["sentence"], "");

  EXPECT_EQ(get("/v1/ui/decisions").json()["decisions"], printed({"decisions", "list", "--json"}));
  EXPECT_EQ(get("/v1/ui/budgets").json()["budgets"][0]["limit"], 10);
  EXPECT_EQ(get("/v1/ui/grid").json()["zones"][0]["now"]["g_per_kwh"], 400);
  EXPECT_EQ(get("/v1/ui/grid").json()["zones"][0]["deployments"], Json::array({"sim"}));
  const Json score = get("/v1/ui/score?weights=cost=1,control=0,carbon=0").json();
  EXPECT_EQ(score["weights"]["cost"], 1);
  EXPECT_EQ(score["options"][0]["name"], "sim");
}

TEST_F(Pages, ARequestIsFoundAndExplained) {
  serve(false);
  chats(3);
  const Json first = get("/v1/ui/requests?limit=2").json();
  ASSERT_EQ(first["requests"].size(), 2u);
  ASSERT_TRUE(first["next"].is_string());
  const Json rest = get("/v1/ui/requests?limit=2&before=" + first["next"].get<std::string>()).json();
  ASSERT_EQ(rest["requests"].size(), 1u);
  EXPECT_TRUE(rest["next"].is_null());
  EXPECT_EQ(get("/v1/ui/requests?outcome=failed").json()["requests"].size(), 0u);
  const std::string id = rest["requests"][0]["id"];
  const Json one = get("/v1/ui/requests/" + id).json();
  EXPECT_EQ(one["request"]["id"], id);
  EXPECT_EQ(one["request"]["calls"][0]["deployment"], "sim");
  EXPECT_NEAR(one["explanation"]["calls"][0]["factors"]["price_per_hour"].get<double>(), 1.2, 1e-9);
  // Its second is settled by the meter some time later: asked of both until they tell of the same version.
  Json page, command;
  const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  do {
    page = get("/v1/ui/requests/" + id).json()["explanation"];
    command = printed({"explain", id, "--json"});
  } while (page != command && std::chrono::steady_clock::now() < patience);
  EXPECT_EQ(page, command);
  EXPECT_EQ(get("/v1/ui/requests/nonsense").status, 404);
}

TEST_F(Pages, ALiveStreamTellsTheFleetOnceASecond) {
  serve(false);
  chats(1);
  const Json fleet = get("/v1/ui/fleet").json();
  EXPECT_EQ(fleet["deployments"][0]["name"], "sim");
  EXPECT_EQ(fleet["deployments"][0]["calls"]["ok"], 1);
  EXPECT_EQ(fleet["deployments"][0]["available"], true);
  // Ended by the gateway: the stream closes and is whole until then.
  std::string got;
  std::thread client([&] {
    got = ask(served_->admin, fmt::format("GET /v1/ui/live HTTP/1.1\r\nhost: 127.0.0.1:{}\r\n\r\n", served_->admin),
              [this] { served_->signal(SIGTERM); });
  });
  client.join();
  EXPECT_NE(got.find("content-type: text/event-stream"), std::string::npos) << got;
  const size_t data = got.find("data: ");
  ASSERT_NE(data, std::string::npos) << got;
  EXPECT_EQ(Json::parse(got.substr(data + 6, got.find("\n\n", data) - data - 6))["deployments"][0]["name"], "sim");
  EXPECT_EQ(served_->end(SIGTERM), 0);
}

TEST_F(Pages, WithoutIdentityOnLoopbackWhoeverReachesThePortMayLook) {
  serve(false);
  const Json me = get("/v1/ui/me").json();
  EXPECT_EQ(me["open"], true);
  EXPECT_EQ(me["role"], "viewer");
  EXPECT_EQ(me["ways"]["password"], false);
  EXPECT_EQ(get("/v1/ui/settings").status, 200);
  // A page elsewhere whose name was made to lead here must not read along.
  const std::string got =
      ask(served_->admin, "GET /v1/ui/settings HTTP/1.1\r\nhost: evil.example\r\nconnection: close\r\n\r\n");
  EXPECT_TRUE(is(got, 401)) << got;
}

TEST_F(Pages, WithIdentityNobodyLooksBeforeSigningIn) {
  serve(true);
  for (const char* path : {"report", "overview", "series", "fleet", "live", "grid", "score", "decisions", "requests",
                           "requests/req_01M8JD7YRPBEP32M04YSHV3J44", "guard", "budgets", "settings", "nothing"}) {
    const Answer a = get(std::string("/v1/ui/") + path);
    EXPECT_EQ(a.status, 401) << path;
    EXPECT_EQ(a.code(), "missing_api_key");
  }
  EXPECT_EQ(get("/v1/ui/me").json()["signed_in"], false);
  EXPECT_EQ(get("/v1/ui/me").json()["ways"]["setup"], true);
  EXPECT_EQ(get("/v1/admin/keys").status, 401);
}

TEST_F(Pages, TheFirstRunTokenMakesOneAdministratorOnce) {
  serve(true);
  ASSERT_EQ(token().size(), 43u) << served_->log;
  const Answer wrong =
      sign_in("/v1/ui/setup", {{"token", std::string(43, 'x')}, {"user", "eve"}, {"password", kPassword}});
  EXPECT_EQ(wrong.status, 401);
  const Answer weak = sign_in("/v1/ui/setup", {{"token", token()}, {"user", "ada"}, {"password", "short"}});
  EXPECT_EQ(weak.status, 400) << weak.body;
  const Answer made = set_up();
  ASSERT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(made.json()["role"], "admin");
  EXPECT_NE(made.header("set-cookie").find("HttpOnly; SameSite=Strict"), std::string::npos);
  EXPECT_EQ(get("/v1/ui/settings").status, 200);
  session_.clear();
  EXPECT_EQ(set_up().status, 401) << "it was used";
  const std::string log = served_->log;
  EXPECT_EQ(log.find("first-run token"), log.rfind("first-run token")) << "it is told once";

  const Json lines = printed({"audit", "show", "--json"});
  EXPECT_NE(lines.dump().find("pages.setup"), std::string::npos);
  EXPECT_EQ(lines.dump().find(kPassword), std::string::npos);
}

TEST_F(Pages, APasswordBeginsASessionOfItsOwnAndLoggingOutEndsIt) {
  serve(true);
  ASSERT_EQ(set_up().status, 201);
  const std::string before = session_;
  const Answer in = sign_in("/v1/ui/login", {{"user", "ada"}, {"password", kPassword}});
  ASSERT_EQ(in.status, 200) << in.body;
  EXPECT_NE(session_, before) << "a session that was there is not taken over";
  EXPECT_EQ(request("GET", "/v1/ui/settings", before).status, 401) << "and is at its end";
  // A session that somebody chose for the visitor gains nothing.
  session_ = "cookie: trine_session=chosen\r\n";
  ASSERT_EQ(sign_in("/v1/ui/login", {{"user", "ada"}, {"password", kPassword}}).status, 200);
  EXPECT_EQ(request("GET", "/v1/ui/settings", "cookie: trine_session=chosen\r\n").status, 401);

  EXPECT_EQ(request("POST", "/v1/ui/logout", session_).status, 403) << "without its token";
  EXPECT_EQ(get("/v1/ui/settings").status, 200);
  EXPECT_EQ(request("POST", "/v1/ui/logout", session_ + "x-trine-csrf: " + csrf_ + "\r\n").status, 200);
  EXPECT_EQ(get("/v1/ui/settings").status, 401);
}

TEST_F(Pages, AChangeNeedsTheSessionsTokenAndThisPagesOrigin) {
  serve(true);
  ASSERT_EQ(set_up().status, 201);
  const std::string team = R"({"path":"acme"})", with_token = session_ + "x-trine-csrf: " + csrf_ + "\r\n";
  EXPECT_EQ(request("POST", "/v1/admin/teams", session_, team).status, 403) << "no token";
  EXPECT_EQ(request("POST", "/v1/admin/teams", session_ + "x-trine-csrf: wrong\r\n", team).status, 403);
  EXPECT_EQ(request("POST", "/v1/admin/teams", with_token + "origin: https://evil.example\r\n", team).status, 403);
  EXPECT_EQ(request("POST", "/v1/admin/teams", with_token + "origin: null\r\n", team).status, 403);
  EXPECT_EQ(request("POST", "/v1/admin/teams", with_token + "sec-fetch-site: cross-site\r\n", team).status, 403);
  const std::string here = fmt::format("origin: http://127.0.0.1:{}\r\n", served_->admin);
  EXPECT_EQ(request("GET", "/v1/admin/teams", session_).json()["data"].size(), 0u) << "nothing was changed";
  const Answer made = request("POST", "/v1/admin/teams", with_token + here, team);
  EXPECT_EQ(made.status, 201) << made.body;
  const Json lines = printed({"audit", "show", "--json", "--action", "teams.create"});
  EXPECT_NE(lines.dump().find("local:ada"), std::string::npos) << lines;
  // Signing in from elsewhere would make the visitor somebody else.
  EXPECT_EQ(request("POST", "/v1/ui/login", "origin: https://evil.example\r\n",
                    Json{{"user", "ada"}, {"password", kPassword}}.dump())
                .status,
            403);
}

TEST_F(Pages, GuessingPasswordsIsBoundedAndSaysNothing) {
  serve(true);
  ASSERT_EQ(set_up().status, 201);
  session_.clear();
  const Json nobody{{"user", "nobody"}, {"password", "wrong password"}},
      wrong{{"user", "ada"}, {"password", "wrong password"}};
  const Answer a = sign_in("/v1/ui/login", nobody), b = sign_in("/v1/ui/login", wrong);
  EXPECT_EQ(a.status, 401);
  EXPECT_EQ(a.body, b.body) << "a name that is none answers like a wrong password";
  // Tokens are compared in no time, so that however slow the machine is, these come faster than the bound leaks.
  Answer limited;
  for (int i = 0; i < 200 && limited.status != 429; ++i)
    limited = sign_in("/v1/ui/setup", {{"token", "x"}, {"user", "eve"}, {"password", kPassword}});
  EXPECT_EQ(limited.status, 429);
  EXPECT_EQ(limited.header("retry-after"), "5");
  EXPECT_EQ(sign_in("/v1/ui/login", {{"user", "ada"}, {"password", kPassword}}).status, 429) << "even the right one";
}

TEST_F(Pages, KeysHaveTheRolesThatTheyHaveElsewhere) {
  serve(true);
  ASSERT_EQ(set_up().status, 201);
  const std::string change = session_ + "x-trine-csrf: " + csrf_ + "\r\n";
  ASSERT_EQ(request("POST", "/v1/admin/teams", change, R"({"path":"acme"})").status, 201);
  const auto key = [&](const char* role) {
    const Answer a = request("POST", "/v1/admin/keys", change, fmt::format(R"({{"group":"acme","role":"{}"}})", role));
    return "authorization: Bearer " + a.json().value("key", "") + "\r\n";
  };
  const std::string none = key("none"), viewer = key("viewer");
  EXPECT_EQ(request("GET", "/v1/ui/settings", none).status, 403);
  EXPECT_EQ(request("GET", "/v1/ui/settings", viewer).status, 200);
  EXPECT_EQ(request("GET", "/v1/ui/settings", "authorization: Bearer trn_wrong\r\n").status, 401);
}

TEST_F(Pages, EveryAnswerIsGuardedAndNoneIsKept) {
  serve(false);
  for (const char* path : {"/v1/ui/me", "/v1/ui/fleet", "/v1/ui/nothing"}) {
    const Answer a = get(path);
    EXPECT_NE(a.header("content-security-policy").find("default-src 'none'"), std::string::npos) << path;
    EXPECT_EQ(a.header("content-security-policy").find("unsafe"), std::string::npos);
    EXPECT_EQ(a.header("x-content-type-options"), "nosniff");
    EXPECT_EQ(a.header("cache-control"), "no-store");
  }
  EXPECT_EQ(request("POST", "/v1/ui/report").status, 405);
  EXPECT_EQ(get("/v1/ui/report?by=colour").status, 400);
  EXPECT_EQ(get("/v1/ui/report?since=%zz").status, 400);
  EXPECT_EQ(request("HEAD", "/v1/ui/fleet").body, "");
}

}  // namespace
}  // namespace trine::cli::pages_test
