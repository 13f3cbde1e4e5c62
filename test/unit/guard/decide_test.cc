#include "guard/decide.h"

#include <gtest/gtest.h>

#include <cmath>

#include "guard/policy_file.h"

namespace trine::guard::decide_test {
namespace {

constexpr OperatingPoints kPoints{0.5, 0.8};

Policy policy(const std::string& rest = "") {
  static constexpr std::array<std::string_view, 2> kTypes = {"EMAIL", "IBAN"};
  auto file =
      read_policy("p.yaml", "version: 1\nname: n\nowner: o\njudge: {family: qwen3guard, model: m}\n" + rest, kTypes);
  EXPECT_TRUE(file) << file.error().message;
  return file->standard;
}
Evidence scored(Risk risk, double score) {
  Evidence evidence;
  evidence.points = kPoints;
  evidence.scores[risk] = score;
  evidence.judgeable = judgeable(JudgeFamily::qwen3guard, Provenance::user);
  return evidence;
}
JudgeVerdict found(RiskSet risks, HazardSet hazards = {}) {
  JudgeVerdict verdict;
  verdict.unsafe = true;
  verdict.judged = verdict.found = risks;
  verdict.hazards = hazards;
  return verdict;
}
RiskSet only(Risk risk) {
  return RiskSet().set(index(risk));
}
HazardSet only(Hazard hazard) {
  return HazardSet().set(index(hazard));
}

TEST(Decide, ByTheScoreAndThePolicysThreshold) {
  const Decision under = decide(policy(), scored(Risk::jailbreak, 0.79));
  EXPECT_EQ(under.verdict.action, Action::allow);
  EXPECT_TRUE(under.causes.empty());
  EXPECT_EQ(under.verdict.tier, 2);
  const Decision over = decide(policy(), scored(Risk::jailbreak, 0.8));
  EXPECT_EQ(over.verdict.action, Action::block);
  EXPECT_EQ(over.verdict.reasons,
            std::vector<std::string>{"tier 2: jailbreak, score 0.800 at or over 0.800 (normal) -> block"});
}

TEST(Decide, AScoreThatIsNoNumberCountsAsCertain) {
  const Decision d = decide(policy(), scored(Risk::injection, std::nan("")));
  EXPECT_EQ(d.verdict.action, Action::block);
  EXPECT_EQ(d.verdict.scores[Risk::injection], 1);
  EXPECT_EQ(decide(policy("default: {injection: allow}\n"), scored(Risk::injection, std::nan(""))).verdict.action,
            Action::allow);
}

TEST(Decide, ARuleThatIsSureStandsForAScoreOfOne) {
  Evidence evidence = scored(Risk::jailbreak, 0);
  const std::vector<RuleEvidence> rules = {{"template-im", Risk::injection, true, "Chat marks."},
                                           {"maybe", Risk::jailbreak, false, "A hint."}};
  evidence.rules = rules;
  const Decision d = decide(policy(), evidence);
  EXPECT_EQ(d.verdict.action, Action::block);
  EXPECT_EQ(d.verdict.tier, 1);
  EXPECT_EQ(d.verdict.reasons, (std::vector<std::string>{"tier 1: injection, rule template-im: Chat marks. -> block",
                                                         "evidence: rule maybe: A hint."}));
  EXPECT_EQ(decide(policy("default: {injection: flag}\n"), evidence).verdict.action, Action::flag)
      << "the policy, not the rule, says what is done";
}

TEST(Decide, PersonalDataByItsType) {
  Evidence evidence = scored(Risk::pii, 1);
  const std::vector<Entity> entities = {{0, 5, "EMAIL"}, {7, 29, "IBAN"}, {30, 40, "PHONE"}};
  evidence.personal_data = entities;
  EXPECT_EQ(decide(policy(), evidence).verdict.action, Action::allow);
  EXPECT_TRUE(decide(policy(), evidence).verdict.entities.empty());
  const Decision d = decide(policy("default: {pii: flag, personal_data: {EMAIL: allow, IBAN: redact}}\n"), evidence);
  EXPECT_EQ(d.verdict.action, Action::redact);
  EXPECT_EQ(d.verdict.entities, (std::vector<Entity>{entities[1], entities[2]}));
  EXPECT_EQ(d.redact, std::vector<Entity>{entities[1]});
}

TEST(Decide, ADoubtfulScoreAsksTheJudge) {
  const Policy asks = policy("default: {judge: {from: strict}}\n");
  EXPECT_EQ(decide(asks, scored(Risk::jailbreak, 0.5)).ask_judge, only(Risk::jailbreak));
  EXPECT_TRUE(decide(asks, scored(Risk::jailbreak, 0.49)).ask_judge.none());
  EXPECT_TRUE(decide(asks, scored(Risk::jailbreak, 0.8)).ask_judge.none()) << "the policy acts by itself";
  EXPECT_TRUE(decide(asks, scored(Risk::extraction, 0.6)).ask_judge.none()) << "not for this judge";
  EXPECT_TRUE(decide(policy(), scored(Risk::jailbreak, 0.6)).ask_judge.none());
}

TEST(Decide, TheJudgeMakesStricterAndNeverLooser) {
  Evidence evidence = scored(Risk::jailbreak, 0.6);
  evidence.judge_state = JudgeState::answered;
  evidence.judge = JudgeVerdict{};
  const Policy asks = policy("default: {judge: {from: strict}}\n");
  EXPECT_EQ(decide(asks, evidence).verdict.action, Action::allow);
  EXPECT_EQ(decide(asks, evidence).verdict.tier, 3);
  evidence.judge = found(only(Risk::jailbreak));
  EXPECT_EQ(decide(asks, evidence).verdict.action, Action::block);
  evidence.judge = JudgeVerdict{};
  evidence.scores[Risk::jailbreak] = 0.9;
  EXPECT_EQ(decide(asks, evidence).verdict.action, Action::block);
}

TEST(Decide, HarmByItsCategory) {
  Evidence evidence = scored(Risk::unsafe, 0.6);
  evidence.judge_state = JudgeState::answered;
  const Policy asks = policy("default: {judge: {from: strict}, categories: {specialized_advice: allow, hate: flag}}\n");
  evidence.judge = found(only(Risk::unsafe), only(Hazard::specialized_advice));
  EXPECT_EQ(decide(asks, evidence).verdict.action, Action::allow);
  evidence.judge = found(only(Risk::unsafe), only(Hazard::hate));
  EXPECT_EQ(decide(asks, evidence).verdict.action, Action::flag);
  evidence.judge = found(only(Risk::unsafe), only(Hazard::hate) | only(Hazard::violent_crimes));
  const Decision d = decide(asks, evidence);
  EXPECT_EQ(d.verdict.action, Action::block);
  EXPECT_EQ(d.causes.front().hazard, Hazard::violent_crimes);
  evidence.judge = found(only(Risk::unsafe));
  EXPECT_EQ(decide(asks, evidence).verdict.action, Action::block) << "harm without a category: as `unsafe`";
}

TEST(Decide, AJudgeInDoubtIsReportedUnlessThePolicyFailsClosed) {
  Evidence evidence = scored(Risk::jailbreak, 0.6);
  evidence.judge_state = JudgeState::answered;
  evidence.judge = found(only(Risk::jailbreak));
  evidence.judge->in_doubt = true;
  EXPECT_EQ(decide(policy("default: {judge: {from: strict}}\n"), evidence).verdict.action, Action::flag);
  EXPECT_EQ(decide(policy("default: {judge: {from: strict, fail: closed}}\n"), evidence).verdict.action, Action::block);
}

TEST(Decide, WithoutTheJudgesAnswerThePolicyFailsAsItSays) {
  Evidence evidence = scored(Risk::jailbreak, 0.6);
  evidence.judge_state = JudgeState::no_answer;
  EXPECT_EQ(decide(policy("default: {judge: {from: strict, fail: open}}\n"), evidence).verdict.action, Action::allow);
  const Policy closed = policy("default: {judge: {from: strict, fail: closed}}\n");
  EXPECT_EQ(decide(closed, evidence).verdict.action, Action::block);
  EXPECT_EQ(decide(closed, evidence).verdict.tier, 3);
  evidence.scores[Risk::jailbreak] = 0.4;
  EXPECT_EQ(decide(closed, evidence).verdict.action, Action::allow) << "only what is doubtful";
}

TEST(Decide, ADoubtfulRiskThatNoAnswerCoversHasNone) {
  Evidence evidence = scored(Risk::jailbreak, 0.6);
  evidence.scores[Risk::unsafe] = 0.6;
  evidence.judge_state = JudgeState::answered;
  evidence.judge = JudgeVerdict{};
  evidence.judge->judged = only(Risk::unsafe);
  EXPECT_EQ(decide(policy("default: {judge: {from: strict, fail: closed}}\n"), evidence).verdict.action, Action::block);
  EXPECT_EQ(decide(policy("default: {judge: {from: strict, fail: open}}\n"), evidence).verdict.action, Action::allow);
  evidence.judge->judged = only(Risk::unsafe) | only(Risk::jailbreak);
  EXPECT_EQ(decide(policy("default: {judge: {from: strict, fail: closed}}\n"), evidence).verdict.action, Action::allow);
}

TEST(Decide, WhatOverlapsIsCutOutAsOne) {
  Evidence evidence = scored(Risk::pii, 1);
  const std::vector<Entity> entities = {
      {0, 10, "EMAIL"}, {5, 20, "IBAN"}, {20, 25, "EMAIL"}, {30, 50, "IBAN"}, {32, 36, "SECRET"}};
  evidence.personal_data = entities;
  const Decision d = decide(policy("default: {pii: redact}\n"), evidence);
  EXPECT_EQ(d.redact, (std::vector<Entity>{{0, 20, "IBAN"}, {20, 25, "EMAIL"}, {30, 50, "SECRET"}}));
  EXPECT_EQ(d.verdict.entities.size(), 5u) << "all are told";
}

TEST(Decide, MoreSecretsThanCanBeCutOutAreRefused) {
  Evidence evidence = scored(Risk::pii, 1);
  evidence.too_many_secrets = true;
  EXPECT_EQ(decide(policy("default: {pii: redact}\n"), evidence).verdict.action, Action::block);
  EXPECT_EQ(decide(policy("default: {pii: flag}\n"), evidence).verdict.action, Action::flag);
}

TEST(Explain, TellsTheOperatorEverything) {
  Evidence evidence = scored(Risk::jailbreak, 0.6);
  const std::vector<RuleEvidence> rules = {{"persona-dan", Risk::jailbreak, true, "An alter ego."}};
  evidence.rules = rules;
  evidence.scores[Risk::unsafe] = 0.6;
  EXPECT_EQ(explain(decide(policy("default: {judge: {from: strict}}\n"), evidence)),
            "block by policy default\n"
            "- tier 1: jailbreak, rule persona-dan: An alter ego. -> block\n"
            "- doubtful, to be judged: unsafe");
}

TEST(CallerWords, AreTheSameWhateverWasFound) {
  const std::map<std::string, std::string> messages = {{"en", "Stopped."}, {"de", "Angehalten."}, {"pt-BR", "Parado."}};
  const std::vector<RuleEvidence> rules = {{"secret-rule", Risk::injection, true, "Why."}};
  Evidence by_rule = scored(Risk::jailbreak, 0);
  by_rule.rules = rules;
  const std::vector<std::string_view> austrian = {"sv", "de-AT", "en"}, brazilian = {"PT-br"},
                                      odd = {"pt", "-", "", "--"};
  for (const auto& evidence : {by_rule, scored(Risk::jailbreak, 0.9), scored(Risk::leak, 1), scored(Risk::unsafe, 1)}) {
    const Decision d = decide(policy(), evidence);
    EXPECT_EQ(caller_words(d, messages), "Stopped.");
    EXPECT_EQ(caller_words(d, messages, austrian), "Angehalten.");
    EXPECT_EQ(caller_words(d, messages, brazilian), "Parado.");
    EXPECT_EQ(caller_words(d, messages, odd), "Stopped.");
    EXPECT_FALSE(caller_words(d, {}).empty());
  }
}

TEST(CallerWords, NothingIsSaidWhereNothingWasBlocked) {
  EXPECT_EQ(caller_words(decide(policy(), scored(Risk::indirect, 1)), {{"en", "Stopped."}}), "");
}

TEST(Verdict, PlacesAreCountedInCharactersAlsoWhereTheyOverlap) {
  std::vector<Entity> entities = {{3, 13, "A"}, {0, 99, "B"}, {5, 8, "C"}};
  count_in_characters("zü€😀 ok ü", entities);
  EXPECT_EQ(entities, (std::vector<Entity>{{2, 7, "A"}, {0, 9, "B"}, {3, 4, "C"}}));
}

TEST(Verdict, IsWrittenAsTheApiGivesIt) {
  Verdict verdict;
  verdict.scores[Risk::jailbreak] = 0.5;
  verdict.action = Action::redact;
  verdict.entities = {{1, 3, "IBAN"}};
  verdict.tier = 1;
  verdict.reasons = {"a \"b\""};
  verdict.latency_us = 12.5;
  std::string json;
  append_json(json, verdict);
  EXPECT_EQ(json,
            R"({"scores":{"jailbreak":0.5,"injection":0,"extraction":0,"unsafe":0,"indirect":0,"pii":0,"leak":0},)"
            R"("action":"redact","entities":[{"start":1,"end":3,"type":"IBAN"}],"tier":1,"reasons":["a \"b\""],)"
            R"("latency_us":12.5})");
}

}  // namespace
}  // namespace trine::guard::decide_test
