#include "llm/errors.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

#include "json/read.h"
#include "llm/event.h"

namespace trine::llm::errors_test {
namespace {

TEST(Errors, CodesAreUniqueAndSnakeCase) {
  std::set<std::string> codes;
  for (const ErrorRow& r : error_table()) {
    EXPECT_TRUE(codes.insert(r.code).second) << r.code;
    EXPECT_EQ(std::string(r.code).find_first_not_of("abcdefghijklmnopqrstuvwxyz_"), std::string::npos) << r.code;
    EXPECT_EQ(&row(r.id), &r);
  }
}

TEST(Errors, EachSaysWhatToDoInAWholeSentence) {
  for (const ErrorRow& r : error_table()) {
    EXPECT_GE(r.status, 400) << r.code;
    EXPECT_LT(r.status, 600) << r.code;
    EXPECT_EQ(std::string(r.remedy).back(), '.') << r.code;
    EXPECT_NE(std::string(r.what).back(), '.') << r.code;
    EXPECT_GT(std::string(r.remedy).size(), 10u) << r.code;
  }
}

TEST(Errors, WhatOneShouldNotSendAgainIsNotMarkedRetryable) {
  // OpenAI's clients send 408, 409, 429 and 5xx again by themselves.
  for (const ErrorRow& r : error_table()) {
    const bool may = r.status == 408 || r.status == 429 || r.status >= 500;
    EXPECT_TRUE(may || !r.retryable) << r.code;
  }
}

TEST(Errors, TheBodyIsOpenAis) {
  const ClientError error{ErrorCode::unknown_model, "`gpt-\"9\"`", "model"};
  EXPECT_EQ(
      openai_error_body(error, "req_1"),
      R"({"error":{"message":"This model is not served here: `gpt-\"9\"`. Name one of the models that GET )"
      R"(/v1/models lists.","type":"not_found_error","param":"model","code":"unknown_model","request_id":"req_1"}})");
  EXPECT_EQ(status(error), 404);
  EXPECT_EQ(openai_error_body({ErrorCode::draining, {}, {}}),
            R"({"error":{"message":"This gateway is shutting down. Send it again on a new connection.",)"
            R"("type":"server_error","param":null,"code":"draining"}})");
}

TEST(Errors, TheEventOfAStreamIsSeenAsAnError) {
  for (const ErrorRow& r : error_table()) {
    const std::string event = openai_error_event({r.id, "line\nend", {}});
    EXPECT_EQ(event.substr(0, 6), "data: ");
    EXPECT_EQ(event.find('\n'), event.size() - 2);
    EXPECT_EQ(scan_event(event).kind, EventFacts::Kind::error);
  }
}

std::string document() {
  std::ostringstream out;
  out << "# Errors\n\nEvery error that a client can see. Bodies have OpenAI's shape:\n\n```json\n"
      << openai_error_body({ErrorCode::unknown_model, "`gpt-9`", "model"}, "req_01JD…")
      << "\n```\n\nIn a stream that has begun, the same object comes as an event `data: {\"error\":{...}}`. Retryable "
         "means that the same\nrequest may succeed later. This page is made from the table in the source; a test keeps "
         "the two equal.\n\n| code | status | type | retryable | what happened | what to do "
         "|\n|---|---|---|---|---|---|\n";
  for (const ErrorRow& r : error_table()) {
    out << "| `" << r.code << "` | " << r.status << " | `" << r.type << "` | " << (r.retryable ? "yes" : "no") << " | "
        << r.what << " | " << r.remedy << " |\n";
  }
  return out.str();
}

// TRINE_UPDATE_DOCS=1 writes the page instead.
TEST(Errors, ThePageShowsTheTable) {
  const std::string path = TRINE_SOURCE_DIR "/docs/errors.md";
  if (std::getenv("TRINE_UPDATE_DOCS")) std::ofstream(path) << document();
  std::ifstream file(path);
  ASSERT_TRUE(file) << path;
  std::ostringstream text;
  text << file.rdbuf();
  EXPECT_EQ(text.str(), document()) << "run this test once with TRINE_UPDATE_DOCS=1";
}

}  // namespace
}  // namespace trine::llm::errors_test
