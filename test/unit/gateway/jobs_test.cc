// Document jobs without a gateway: what is asked, what is kept, how far a job is, where a value stands.
#include <gtest/gtest.h>

#include "gateway/jobs/evidence.h"
#include "gateway/jobs/job.h"
#include "gateway/jobs/job_log.h"
#include "gateway/jobs/job_order.h"
#include "gateway/jobs/prompt.h"
#include "json/read.h"
#include "json/write.h"
#include "unit/ledger/fixtures.h"

namespace trine::gateway::jobs_test {
namespace {

using ledger::testing::TempDir;
using std::string;

constexpr const char* kBody = R"({"model":"m","schema":{"type":"object"},"instructions":"All.","user":"u",
  "files":[{"file_id":"file-1"},{"filename":"a.txt","file_data":"data:text/plain;base64,aGk="}],
  "options":{"max_parallel":2,"window":500,"overlap":50,"max_tokens":99,"merge":"all"}})";

JobRecord a_record(size_t files = 2) {
  JobRecord r;
  r.id = "doc_0123456789abcdef0123456789abcdef";
  r.order.model = "m";
  r.order.schema = R"({"type":"object"})";
  r.order.parallel = 2;
  r.order.window = 500;
  for (size_t i = 0; i < files; ++i)
    r.order.files.push_back({.id = "file-" + std::to_string(i), .name = "n", .data = {}});
  r.tenant = {"acme", "claims", "intake", "one"};
  r.who = {Principal::Sort::store_key, "trn_x", {}, {}};
  r.created = from_unix_ns(1'700'000'000'000'000'000);
  r.deadline = r.created + std::chrono::hours(1);
  return r;
}

TEST(JobOrder, EveryFieldIsRead) {
  const auto o = read_job_order(kBody, {});
  ASSERT_TRUE(o) << o.error().detail;
  EXPECT_EQ(o->model, "m");
  EXPECT_EQ(o->schema, R"({"type":"object"})");
  EXPECT_EQ(o->instructions, "All.");
  EXPECT_EQ(o->user, "u");
  ASSERT_EQ(o->files.size(), 2u);
  EXPECT_EQ(o->files[0].id, "file-1");
  EXPECT_FALSE(o->files[0].own);
  EXPECT_EQ(o->files[1].data, "hi");
  EXPECT_TRUE(o->files[1].own);
  EXPECT_EQ(o->parallel, 2);
  EXPECT_EQ(o->window, 500);
  EXPECT_EQ(o->overlap, 50);
  EXPECT_EQ(o->max_tokens, 99);
  EXPECT_TRUE(o->merge_all);
}

TEST(JobOrder, WhatIsWrongIsNamedByItsField) {
  const auto param = [](std::string_view body) {
    const auto o = read_job_order(body, {});
    return o ? string("fine") : o.error().param + " " + llm::row(o.error().code).code;
  };
  EXPECT_EQ(param("[]"), " invalid_json");
  EXPECT_EQ(param(R"({"schema":{},"files":[{"file_id":"f"}]})"), "model missing_model");
  EXPECT_EQ(param(R"({"model":"m","files":[{"file_id":"f"}]})"), "schema invalid_request");
  EXPECT_EQ(param(R"({"model":"m","schema":{"pattern":"x"},"files":[{"file_id":"f"}]})"), "schema invalid_request");
  EXPECT_EQ(param(R"({"model":"m","schema":{},"files":[]})"), "files invalid_request");
  EXPECT_EQ(param(R"({"model":"m","schema":{},"files":[{}]})"), "files[0] invalid_request");
  EXPECT_EQ(param(R"({"model":"m","schema":{},"files":[{"file_id":"f","file_data":"aGk="}]})"),
            "files[0] invalid_request");
  EXPECT_EQ(param(R"({"model":"m","schema":{},"files":[{"file_data":"?"}]})"), "files[0].file_data invalid_request");
  EXPECT_EQ(param(R"({"model":"m","schema":{},"files":[{"file_id":"f"}],"extra":1})"), "extra invalid_request");
  EXPECT_EQ(param(R"({"model":"m","schema":{},"files":[{"file_id":"f"}],"options":{"max_parallel":9}})"),
            "options.max_parallel invalid_request");
  EXPECT_EQ(param(R"({"model":"m","schema":{},"files":[{"file_id":"f"}],"options":{"window":100,"overlap":50}})"),
            "options.overlap invalid_request");
}

TEST(JobRecord, WhatIsKeptReadsBackTheSame) {
  JobRecord r = a_record();
  r.status = JobStatus::completed;
  r.answer = R"({"id":"doc_0123456789abcdef0123456789abcdef"})";
  const auto back = job_record_of(to_json(r));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(to_json(*back), to_json(r));
  EXPECT_EQ(back->tenant, r.tenant);
  EXPECT_EQ(back->deadline, r.deadline);
  EXPECT_FALSE(job_record_of("{}"));
  EXPECT_FALSE(job_record_of("not JSON"));
}

TEST(JobLog, PiecesFilesAndJobsComeBackAsTheyWere) {
  TempDir dir;
  auto vault = vault::Vault::open(dir.path() / "vault.db", string(32, 's'));
  ASSERT_TRUE(vault) << vault.error().message;
  JobLog log(**vault);
  const JobRecord r = a_record();
  const Wall now = r.created;
  ASSERT_TRUE(log.put(r, now, std::chrono::hours(1)));
  PieceEnd piece{.text_hash = "h", .json = R"({"a":1})", .requests = {"req_1", "req_2"}, .sum = {.calls = 2, .in = 10}};
  ASSERT_TRUE(log.put_piece(r, 1, 3, piece, now));
  ASSERT_TRUE(log.put_file(r, 0, {.good = true, .json = R"({"b":2})", .sum = {.out = 4, .cost = 0.5}}, now));
  const auto p = log.get_piece(r, 1, 3, now);
  ASSERT_TRUE(p && *p);
  EXPECT_EQ((*p)->text_hash, "h");
  EXPECT_EQ((*p)->json, R"({"a":1})");
  EXPECT_EQ((*p)->requests, piece.requests);
  EXPECT_EQ((*p)->sum.calls, 2);
  const auto f = log.get_file(r, 0, now);
  ASSERT_TRUE(f && *f);
  EXPECT_TRUE((*f)->good);
  EXPECT_EQ((*f)->json, R"({"b":2})");
  EXPECT_DOUBLE_EQ((*f)->sum.cost, 0.5);
  const auto none = log.get_piece(r, 1, 4, now);
  ASSERT_TRUE(none);
  EXPECT_FALSE(*none);
  ASSERT_TRUE(log.running(now));
  EXPECT_EQ(log.running(now)->size(), 1u);
  JobRecord done = r;
  done.status = JobStatus::completed;
  ASSERT_TRUE(log.put(done, now, std::chrono::hours(1)));
  EXPECT_TRUE(log.running(now)->empty()) << "one that has ended is not taken up";
}

TEST(Job, EventsGoOnBehindTheOneThatWasSeen) {
  Job job(a_record(), 0xab);
  job.reading(0, "n");
  job.read(0, 2, 3, 100);
  const auto first = job.since(0);
  ASSERT_EQ(first.ids, (std::vector<string>{"ab.1", "ab.2"}));
  job.piece_done(0, 1);
  const auto rest = job.since(job.place_of("ab.2"));
  ASSERT_EQ(rest.events.size(), 1u);
  EXPECT_EQ(rest.events[0].name, "piece.done");
  EXPECT_EQ(job.place_of("ac.2"), 0u) << "an id of another process";
  EXPECT_EQ(job.place_of("nonsense"), 0u);
  EXPECT_EQ(job.place_of("ab.-4"), 0u);
  EXPECT_TRUE(job.since(1000).events.empty());
}

TEST(Job, AnEndIsForGood) {
  Job job(a_record(), 1);
  job.end(JobStatus::cancelled, R"({"status":"cancelled"})");
  job.end(JobStatus::completed, R"({"status":"completed"})");
  job.reading(0, "n");
  job.end_file(0, {.good = true, .json = "{}", .sum = {}});
  EXPECT_EQ(job.status(), JobStatus::cancelled);
  EXPECT_EQ(job.json(), R"({"status":"cancelled"})");
  EXPECT_TRUE(job.good_files().empty());
}

TEST(JobBoard, AProjectRunsSoManyJobsAndNoMore) {
  JobBoard board;
  JobRecord one = a_record(), two = a_record(), other = a_record();
  two.id.back() = '0';
  two.tenant.key = "two";
  other.id.back() = '1';
  other.tenant.project = "archive";
  EXPECT_TRUE(board.add(std::make_shared<Job>(one, 1), 1));
  EXPECT_FALSE(board.add(std::make_shared<Job>(two, 1), 1)) << "another key of the same project";
  EXPECT_TRUE(board.add(std::make_shared<Job>(other, 1), 1));
  board.remove(one.id);
  EXPECT_TRUE(board.add(std::make_shared<Job>(two, 1), 1));
}

TEST(JobBoard, AJobIsThereOnce) {
  JobBoard board;
  const auto first = std::make_shared<Job>(a_record(), 1);
  EXPECT_TRUE(board.add(first, 5));
  EXPECT_FALSE(board.add(std::make_shared<Job>(a_record(), 1), 5)) << "it would run twice";
  EXPECT_EQ(board.find(first->about().id), first);
}

TEST(Prompt, TheDocumentsPartOfTheBodyIsTheTextOfThePieceAndNoMore) {
  const auto order = read_job_order(kBody, {});
  const Prompt p = piece_prompt(*order, order->schema, {"a.txt", "the \"text\"", 1, 3, 4, 5}, true);
  const string document = p.body.substr(p.document_begin, p.document_end - p.document_begin);
  EXPECT_EQ(document, R"("File \"a.txt\", piece 2 of 3, pages 4 to 5\n\nthe \"text\"")");
  EXPECT_TRUE(json::read(p.body));
  EXPECT_NE(p.body.find(R"("response_format":{"type":"json_schema")"), string::npos);
  const Prompt plain = piece_prompt(*order, order->schema, {"a.txt", "t"}, false);
  EXPECT_EQ(plain.body.find("response_format"), string::npos);
}

string completion(std::string_view content, std::string_view finish = "stop") {
  return R"({"choices":[{"message":{"content":)" + json::quoted(content) + R"(},"finish_reason":")" + string(finish) +
         R"("}],"usage":{"prompt_tokens":7,"completion_tokens":3,"trine":{"energy_j":1.5,"carbon_g":0.25,"cost":0.01}}})";
}

TEST(ModelAnswer, TheObjectIsFoundInWhatTheModelSays) {
  const auto a = read_model_answer(completion("Sure:\n```json\n{\"a\": {\"b\": 1}}\n```"));
  ASSERT_TRUE(a) << a.error().message;
  EXPECT_EQ(a->json, "{\"a\": {\"b\": 1}}");
  EXPECT_EQ(a->sum.in, 7);
  EXPECT_EQ(a->sum.out, 3);
  EXPECT_DOUBLE_EQ(a->sum.energy_j, 1.5);
  EXPECT_FALSE(read_model_answer(completion("{\"a\":1}", "length"))) << "it was cut";
  EXPECT_FALSE(read_model_answer(completion("no")));
  EXPECT_FALSE(read_model_answer(completion("{\"a\":1,\"a\":2}")));
  EXPECT_FALSE(read_model_answer("{}"));
  EXPECT_FALSE(read_model_answer(R"({"choices":[{"message":{"content":null}}]})"));
}

documents::Text a_text() {
  documents::Text t;
  t.text = "Invoice 12-7\nof  Müller\nGmbH\n\nTotal 1,250.00 EUR, 12 items";
  const size_t second = t.text.find("Total");
  t.pages = {{0, 1, 0, second}, {0, 2, second, t.text.size()}};
  return t;
}

TEST(Evidence, AValueIsFoundWithItsPageHoweverTheLinesAreBroken) {
  const auto e = find_evidence(R"({"supplier":"Müller GmbH","lines":[{"total":"1,250.00"}],"count":12})", a_text());
  ASSERT_EQ(e.size(), 3u);
  EXPECT_EQ(e[0], (Evidence{"supplier", "Müller\nGmbH", 0, 1, 17}));
  EXPECT_EQ(e[1].path, "lines[0].total");
  EXPECT_EQ(e[1].page, 2);
  EXPECT_EQ(e[2].path, "count");
}

TEST(Evidence, PartsOfWordsAndNumbersAreNone) {
  EXPECT_TRUE(find_evidence(R"({"a":"Mü","b":250,"c":"oice","d":"","e":" "})", a_text()).empty());
  EXPECT_TRUE(find_evidence("not JSON", a_text()).empty());
}

}  // namespace
}  // namespace trine::gateway::jobs_test
