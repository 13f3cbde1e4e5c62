// What actuators say and hear: JSON, web hooks over a connection in memory.
#include "fleet/actuator.h"

#include "base/text.h"
#include "fleet/webhook_actuator.h"
#include "json/read.h"
#include "net/hmac.h"
#include "unit/fleet/fleet_fixture.h"
#include "unit/net/net_fixture.h"

namespace trine::fleet::actuator_test {
namespace {

using namespace testing;

Order some_order(Order::Kind kind = Order::Kind::start) {
  Instance i;
  i.id = id_number(1);
  i.option = "h100-se";
  i.actuator = "webhook";
  i.spec = R"({"gpus": 2})";
  return {kind, i.id + ".1", i};
}

TEST(Order, IsOneJsonObject) {
  auto order = some_order();
  EXPECT_EQ(to_json(order),
            fmt::format(R"({{"action":"start","instance":"{0}","idempotency_key":"{0}.1","option":"h100-se",)"
                        R"("machine":"","url":"","spec":{{"gpus": 2}}}})",
                        id_number(1)));
  order.instance.spec.clear();
  EXPECT_NE(to_json(order).find(R"("spec":{})"), std::string::npos);
}

TEST(MachineReport, IsReadAndItsTextsAreMadeFit) {
  const auto report =
      read_report(R"( {"id": "i-1\n2", "url": "http://x", "state": "ready", "running": 3, "more": []} )");
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->state, MachineReport::State::ready);
  EXPECT_EQ(report->id, "i-1 2");
  EXPECT_EQ(report->running, 3);
  EXPECT_EQ(read_report(R"({"state": "failed", "reason": null})")->reason, "");
}

TEST(MachineReport, IsRefusedWithWhatIsWrong) {
  const auto complaint = [](const std::string& text) { return read_report(text).error().message; };
  EXPECT_EQ(complaint("{}"), "the answer has no \"state\"");
  EXPECT_EQ(complaint(R"({"state": "up"})"), "the answer's state must be provisioning, ready, gone or failed");
  EXPECT_EQ(complaint(R"({"state": "ready", "running": -1})"), "the answer's running must be a whole number from 0");
  EXPECT_TRUE(complaint(R"({"state": "ready", "id": 7})").starts_with("the answer's id must be"));
  EXPECT_TRUE(complaint("started i-123").starts_with("the answer is not a JSON object"));
  EXPECT_EQ(complaint(std::string(kMaxReport + 1, ' ')), "the answer is longer than 65536 bytes");
}

TEST(Secrets, AreTakenOutOfTexts) {
  EXPECT_EQ(without_secrets("key hunter22 and hunter22!", {"hunter22"}), "key *** and ***!");
  EXPECT_EQ(without_secrets("****", {"****"}), "***");
  EXPECT_EQ(without_secrets("a normal text", {"a", ""}), "a normal text") << "what is too short is everywhere";
}

// A web hook whose other end is the test.
struct WebhookTest : ::testing::Test, net::VirtualNet, net::Dialer {
  WebhookTest() {
    WebhookOptions options;
    options.url = "http://hooks.example/fleet?x=1";
    options.secret = "0123456789abcdef";
    actuator = std::move(*webhook_actuator(loop, options, this));
  }
  net::Task<Result<std::unique_ptr<net::Stream>>> dial(net::Loop&, net::HostPort, Nanos) override {
    if (!there) co_return fail(Code::unavailable, "cannot connect");
    auto pair = net::memory_pair(loop);
    peers.push_back(std::make_unique<net::Peer>(std::move(pair.second)));
    co_return std::move(pair.first);
  }
  void give(Order order) {
    report.reset();
    actuator->begin(order, [this](Result<MachineReport> r) { report = std::move(r); });
    settle();
  }
  void answer(int status, std::string body = "") {
    ASSERT_FALSE(peers.empty());
    peers.back()->send(
        fmt::format("HTTP/1.1 {} X\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{}", status, body.size(), body));
    settle();
  }

  bool there = true;
  std::vector<std::unique_ptr<net::Peer>> peers;
  std::unique_ptr<Actuator> actuator;
  std::optional<Result<MachineReport>> report;
};

TEST_F(WebhookTest, PostsASignedOrder) {
  give(some_order());
  const std::string& sent = peers.at(0)->received;
  const auto body = sent.substr(sent.find("\r\n\r\n") + 4);
  EXPECT_EQ(body, to_json(some_order()));
  EXPECT_TRUE(sent.starts_with("POST /fleet?x=1 HTTP/1.1\r\n"));
  const auto at = std::to_string(unix_ns(clock.wall()) / 1'000'000'000);
  EXPECT_NE(sent.find("Idempotency-Key: " + some_order().key + "\r\n"), std::string::npos);
  EXPECT_NE(sent.find("X-Trine-Timestamp: " + at + "\r\n"), std::string::npos);
  EXPECT_NE(sent.find("X-Trine-Signature: v1=" + net::hmac_sha256("0123456789abcdef", at + "." + body) + "\r\n"),
            std::string::npos);
  EXPECT_EQ(sent.find("0123456789abcdef"), std::string::npos) << "the secret stays here";
  answer(202, R"({"state":"provisioning","id":"vm-1"})");
  ASSERT_TRUE(report && *report);
  EXPECT_EQ((*report)->id, "vm-1");
}

TEST_F(WebhookTest, TriesAgainWhatMayPassAndThenGivesUpForNow) {
  give(some_order());
  answer(503);
  EXPECT_FALSE(report);
  advance(s(1));
  ASSERT_EQ(peers.size(), 2u);
  EXPECT_NE(peers[1]->received.find("Idempotency-Key: " + some_order().key), std::string::npos) << "under the same key";
  answer(429);
  advance(s(2));
  answer(500);
  ASSERT_TRUE(report && !*report);
  EXPECT_EQ((*report).error().message, "the web hook answered with status 500");
  EXPECT_FALSE(is_final(report->error()));
  EXPECT_EQ(peers.size(), 3u);
}

TEST_F(WebhookTest, ARefusalIsFinal) {
  give(some_order());
  answer(422, "quota exceeded for key 0123456789abcdef");
  ASSERT_TRUE(report && !*report);
  EXPECT_TRUE(is_final(report->error()));
  EXPECT_EQ(report->error().message, "the web hook refused (status 422)");
  give(some_order());
  answer(401);
  EXPECT_EQ(report->error().code, Code::permission_denied);
}

TEST_F(WebhookTest, OnlyAStartMayBeAnsweredAsTheFirstTime) {
  for (const auto kind : {Order::Kind::status, Order::Kind::drain, Order::Kind::stop}) {
    give(some_order(kind));
    EXPECT_EQ(peers.back()->received.find("Idempotency-Key"), std::string::npos) << name(kind);
    answer(410);
  }
}

TEST_F(WebhookTest, WhatIsNotFoundIsGoneButCannotBeStarted) {
  give(some_order(Order::Kind::stop));
  answer(404);
  EXPECT_EQ((*report)->state, MachineReport::State::gone);
  give(some_order(Order::Kind::start));
  answer(404);
  EXPECT_TRUE(is_final(report->error()));
}

TEST_F(WebhookTest, AnAnswerThatIsNoReportOrNoneAtAllIsNotFinal) {
  give(some_order());
  for (int n = 0; n < 3; ++n) {
    answer(200, "<html>ok</html>");
    advance(s(5));
  }
  ASSERT_TRUE(report && !*report);
  EXPECT_FALSE(is_final(report->error())) << "it may have started the machine";
  there = false;
  give(some_order());
  advance(s(5));
  ASSERT_TRUE(report && !*report);
  EXPECT_FALSE(is_final(report->error()));
  there = true;
  give(some_order());
  advance(minutes(2));
  ASSERT_TRUE(report && !*report) << "silence ends after the time-out of each attempt";
  EXPECT_FALSE(is_final(report->error()));
}

TEST_F(WebhookTest, ASecretInAReasonIsHidden) {
  give(some_order());
  answer(200, R"({"state":"failed","reason":"bad key 0123456789abcdef"})");
  EXPECT_EQ((*report)->reason, "bad key ***");
}

TEST_F(WebhookTest, NeedsAUrlAndASecretWorthTheName) {
  EXPECT_EQ(webhook_actuator(loop, {.url = "ftp://x", .secret = std::string(32, 'x'), .tls = {}}).error().code,
            Code::invalid_argument);
  EXPECT_EQ(webhook_actuator(loop, {.url = "http://x", .secret = "short", .tls = {}}).error().message,
            "the web hook's secret has 5 bytes; at least 16 are needed, such as `openssl rand -hex 32` gives");
}

}  // namespace
}  // namespace trine::fleet::actuator_test
