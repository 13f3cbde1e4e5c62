#include <gtest/gtest.h>

#include <algorithm>

#include "guard/policy_file.h"

namespace trine::guard::policy_test {
namespace {

constexpr OperatingPoints kPoints{0.5, 0.8};
constexpr std::array<std::string_view, 3> kTypes = {"CARD", "EMAIL", "IBAN"};
constexpr const char* kHead = "version: 2\nname: Ours\nowner: sec@example.com\n";

PolicyFile read(const std::string& rest) {
  auto file = read_policy("p.yaml", kHead + rest, kTypes);
  EXPECT_TRUE(file) << file.error().message;
  return file ? *std::move(file) : PolicyFile{};
}
std::string problems(const std::string& rest) {
  const auto file = read_policy("p.yaml", kHead + rest, kTypes);
  return file ? "" : file.error().message;
}
bool says(const std::vector<std::string>& lines, std::string_view line) {
  return std::find(lines.begin(), lines.end(), line) != lines.end();
}

TEST(PolicyFile, TheOneBuiltInCanBeRead) {
  const PolicyFile file = built_in_policy();
  EXPECT_EQ(file.standard.of(Risk::jailbreak).action(0.8, kPoints), Action::block);
  EXPECT_EQ(file.standard.of(Risk::jailbreak).action(0.79, kPoints), Action::allow);
  EXPECT_EQ(file.standard.of(Risk::indirect).strictest(), Action::flag);
  EXPECT_EQ(file.standard.of(Risk::pii).strictest(), Action::allow);
  EXPECT_EQ(file.standard.of(Hazard::child_sexual_exploitation), Action::block);
  EXPECT_TRUE(file.standard.delimit);
  EXPECT_TRUE(file.messages.contains("de"));
}

TEST(PolicyFile, TheExampleCanBeRead) {
  const auto file = load_policy(TRINE_SOURCE_DIR "/examples/guard-policy.yaml");
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(file->judge.family, JudgeFamily::qwen3guard);
  EXPECT_EQ(file->judge.timeout, std::chrono::milliseconds(800));
  EXPECT_EQ(file->named.at("strict").of(Risk::pii).strictest(), Action::redact);
}

TEST(PolicyFile, WhatItLeavesOutIsAsBuiltInAndANamedOneAsItsDefault) {
  const PolicyFile file = read(
      "default:\n  indirect: block\n  at: 0.7\n  personal_data: {IBAN: redact}\n"
      "policies:\n  loose:\n    jailbreak: flag\n");
  EXPECT_EQ(file.standard.of(Risk::indirect).strictest(), Action::block);
  EXPECT_EQ(file.standard.of(Risk::jailbreak).strictest(), Action::block) << "as built in";
  EXPECT_EQ(file.standard.of(Hazard::hate), Action::block) << "as built in";
  const Policy& loose = file.named.at("loose");
  EXPECT_EQ(loose.of(Risk::jailbreak).strictest(), Action::flag);
  EXPECT_EQ(loose.of(Risk::jailbreak).action(0.7, kPoints), Action::flag) << "at: as the default";
  EXPECT_EQ(loose.of(Risk::indirect).strictest(), Action::block);
  EXPECT_EQ(loose.of_personal_data("IBAN"), Action::redact);
}

TEST(PolicyFile, DefaultMayStandBehindThePoliciesThatFollowIt) {
  const PolicyFile file = read("policies: {a: {}}\ndefault: {indirect: block}\n");
  EXPECT_EQ(file.named.at("a").of(Risk::indirect).strictest(), Action::block);
}

TEST(PolicyFile, LevelsAreTheMeasuredPointsAndNumbersAreThemselves) {
  const PolicyFile file =
      read("default:\n  at: strict\n  thresholds: {unsafe: lenient, injection: 0.65, extraction: normal}\n");
  EXPECT_DOUBLE_EQ(file.standard.of(Risk::jailbreak).threshold(Action::block).value(kPoints), 0.5);
  EXPECT_DOUBLE_EQ(file.standard.of(Risk::unsafe).threshold(Action::block).value(kPoints), 0.9);
  EXPECT_DOUBLE_EQ(file.standard.of(Risk::injection).threshold(Action::block).value(kPoints), 0.65);
  EXPECT_DOUBLE_EQ(file.standard.of(Risk::extraction).threshold(Action::block).value(kPoints), 0.8);
}

TEST(PolicyFile, AMisspeltKeyIsRefusedAtItsPlaceWithTheRightName) {
  EXPECT_NE(problems("default:\n  jailbrake: block\n").find("p.yaml:5:3:"), std::string::npos);
  EXPECT_NE(problems("default:\n  jailbrake: block\n").find("jailbreak"), std::string::npos);
  EXPECT_NE(problems("default: {categories: {hatte: block}}\n").find("\"hate\""), std::string::npos);
  EXPECT_NE(problems("default: {personal_data: {IBAM: block}}\n").find("\"IBAN\""), std::string::npos);
  EXPECT_NE(problems("default: {jailbreak: blok}\n").find("\"block\""), std::string::npos);
}

TEST(PolicyFile, WhatCannotBeMeantIsRefused) {
  EXPECT_NE(problems("default: {jailbreak: redact}\n"), "") << "nothing in a jailbreak can be cut out";
  EXPECT_NE(problems("default: {at: 0}\n"), "");
  EXPECT_NE(problems("default: {at: 1.5}\n"), "");
  EXPECT_NE(problems("default: {at: nan}\n"), "");
  EXPECT_NE(problems("default: {thresholds: {leak: 0.5}}\n"), "") << "its detector knows no degrees";
  EXPECT_NE(problems("policies: {default: {}}\n").find("call this one otherwise"), std::string::npos);
  EXPECT_NE(problems("default: {judge: {from: strict}}\n").find("names none"), std::string::npos);
  EXPECT_NE(problems("judge: {model: m}\n").find("\"family\" is missing"), std::string::npos);
  EXPECT_NE(problems("messages: {'german!': x}\n").find("not a language"), std::string::npos);
  EXPECT_FALSE(read_policy("p.yaml", "name: x\nowner: y\n")) << "no version";
  EXPECT_FALSE(read_policy("p.yaml", "- a\n"));
}

TEST(PolicyFile, ARouteAndAKeyGetTheStricterOfBothChoices) {
  const PolicyFile file = read(
      "policies:\n  a: {jailbreak: flag, indirect: block}\n  b: {jailbreak: block, indirect: allow, at: strict}\n");
  EXPECT_EQ(file.chosen("", "")->names, std::vector<std::string>{"default"});
  EXPECT_EQ(file.chosen("a", "")->of(Risk::jailbreak).strictest(), Action::flag) << "may be looser than default";
  const Policy both = file.chosen("a", "b").value();
  EXPECT_EQ(both, file.chosen("b", "a").value());
  EXPECT_EQ(both.names, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(both.of(Risk::jailbreak).action(0.6, kPoints), Action::block) << "b's";
  EXPECT_EQ(both.of(Risk::indirect).action(0.6, kPoints), Action::allow) << "a blocks from 0.8, b allows";
  EXPECT_EQ(both.of(Risk::indirect).action(0.8, kPoints), Action::block);
  EXPECT_EQ(file.chosen("default", "a")->names, (std::vector<std::string>{"a", "default"}));
}

TEST(PolicyFile, AChoiceThatIsNotThereNamesTheNearest) {
  const auto policy = read("policies: {research: {}}\n").chosen("reserch", "");
  ASSERT_FALSE(policy);
  EXPECT_EQ(policy.error().code, Code::not_found);
  EXPECT_NE(policy.error().message.find("\"research\""), std::string::npos);
}

TEST(PolicyFile, AnotherTextHasAnotherFingerprint) {
  EXPECT_NE(read("").fingerprint, read("default: {at: strict}\n").fingerprint);
  EXPECT_EQ(read("").fingerprint, read("").fingerprint);
}

TEST(Describe, SaysThePolicyInSentences) {
  const auto lines = describe(
      read("judge: {family: llama_guard, model: lg}\n"
           "default:\n  at: normal\n  indirect: allow\n  pii: flag\n  personal_data: {IBAN: redact, CARD: block}\n"
           "  thresholds: {injection: strict, unsafe: 0.7}\n  judge: {from: strict, fail: closed}\n")
          .standard);
  EXPECT_TRUE(says(lines, "Jailbreak attempts are blocked (about 1 harmless text in 1000 is taken for one)."));
  EXPECT_TRUE(says(lines,
                   "Attempts to override the instructions are blocked already when in doubt (about 1 harmless text in "
                   "100 is taken for one)."));
  EXPECT_TRUE(says(lines, "Requests for harmful content are blocked (from the score 0.7 on)."));
  EXPECT_TRUE(says(lines, "Instructions hidden in documents and tool results are allowed."));
  EXPECT_TRUE(says(lines, "Personal data is let through and reported to the operator."));
  EXPECT_TRUE(says(lines, "Of personal data, these are blocked: CARD."));
  EXPECT_TRUE(says(lines, "Of personal data, these are blacked out: IBAN."));
  EXPECT_TRUE(says(lines, "Answers that give the system prompt away are blocked."));
  EXPECT_TRUE(says(lines, "When it does not answer in time, doubtful texts are treated as attacks."));
}

TEST(Describe, ACombinedPolicyNamesEveryStep) {
  const PolicyFile file = read("policies:\n  a: {unsafe: block, at: 0.9}\n  b: {unsafe: flag, at: strict}\n");
  EXPECT_TRUE(says(describe(file.chosen("a", "b").value()),
                   "Requests for harmful content are blocked (from the score 0.9 on); else let through and reported to "
                   "the operator already when in doubt (about 1 harmless text in 100 is taken for one)."));
}

TEST(Describe, OfAFileTellsWhereNamedPoliciesDiffer) {
  const auto lines = describe(read("policies:\n  same: {}\n  loose: {leak: allow}\n"));
  EXPECT_TRUE(says(lines, "\"Ours\", version 2. Questions about it go to sec@example.com."));
  EXPECT_TRUE(says(lines, "\"same\" is as the default."));
  EXPECT_TRUE(says(lines, "Where \"loose\" is chosen, this is different:"));
  EXPECT_TRUE(says(lines, "Answers that give the system prompt away are allowed."));
}

TEST(Hazard, IsReadByNameAndByNumber) {
  EXPECT_EQ(parse_hazard("S1"), Hazard::violent_crimes);
  EXPECT_EQ(parse_hazard("s14"), Hazard::code_interpreter_abuse);
  EXPECT_EQ(parse_hazard("Suicide & Self-Harm"), Hazard::suicide_self_harm);
  EXPECT_EQ(parse_hazard("HATE"), Hazard::hate);
  for (const char* none : {"", "S0", "S15", "S1x", "S", "harm", "S-x"})
    EXPECT_EQ(parse_hazard(none), std::nullopt) << none;
}

}  // namespace
}  // namespace trine::guard::policy_test
