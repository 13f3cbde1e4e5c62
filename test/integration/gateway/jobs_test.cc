// Document jobs on the whole request path, in virtual time: what a job's calls go through, and what it waits for.
#include "gateway/files/store.h"
#include "gateway/jobs/job_runner.h"
#include "integration/gateway/harness.h"
#include "json/escape.h"
#include "json/read.h"
#include "json/write.h"

namespace trine::gateway::test::jobs_test {
namespace {

// One paragraph, which is one piece.
string job_of(string_view text, string_view more = "") {
  return fmt::format(
      R"({{"model":"small","schema":{{"type":"object","required":["a"],"properties":{{"a":{{"type":"integer"}}}}}},)"
      R"("files":[{{"filename":"a.txt","file_data":"{}"}}]{}}})",
      base64(text), more);
}

struct JobsTest : TwoEnginesTest {
  static void SetUpTestSuite() {
    ReaderOptions o;
    o.program = TRINE_DOCWORKER;
    o.workers = 1;
    o.wait = std::chrono::minutes(5);  // of virtual time, which stands still
    reader = std::make_unique<DocumentReader>(o);
  }
  static void TearDownTestSuite() { reader.reset(); }

  void start(Sample s = {}, const vault::Limits& limits = {}) {
    s.reader = reader.get();
    s.more += "documents: { on: true }\n";
    with(s);
    auto opened = vault::Vault::open(folder.path() / "vault.db", string(32, 's'), limits);
    ASSERT_TRUE(opened) << opened.error().message;
    vault = std::move(*opened);
    begin_process();
    says(R"({"a":1})");
  }
  // What a start of the program does with what is in the vault.
  void begin_process() {
    store = std::make_unique<FileStore>(*vault, kept->executor);
    office = std::make_unique<JobOffice>(*store);
    runner = std::make_unique<JobRunner>(kept->context, kept->pipeline, *office);
    kept->context.file_store = store.get();
    files = std::make_unique<WorkerFiles>(*store);
    kept->context.files = files.get();
    kept->context.jobs = runner.get();
  }
  void end_process() {
    bool stopped = false;
    runner->stop([&] { stopped = true; });
    ASSERT_TRUE(kept->until([&] { return stopped; }));
  }
  void TearDown() override {
    if (runner) end_process();
  }
  void says(string_view text) {
    for (const char* host : {"fr.test", "de.test"})
      kept->engines[host].on_request = answers(json_answer(completion(usage_json(20, 5), json::escaped(text))));
  }
  string create(string_view body) {
    const Message m = kept->ask(post("/v1/documents", body));
    EXPECT_EQ(m.status, 202) << m.body;
    return text(m.body, "id");
  }
  static string text(string_view object, string_view key) {
    const auto v = json::member(object, key);
    if (!v || !*v) return "no " + string(key);
    return (*v)->is_string() ? (*v)->as_string().value_or("") : string((*v)->raw);
  }
  string job(const string& id) { return kept->ask(get("/v1/documents/" + id)).body; }
  // The job once it has ended, `step` of virtual time after the other.
  string ended(const string& id, Nanos step = 250ms, int most = 2000) {
    string now;
    for (int i = 0; i < most; ++i) {
      // Its reader and the disk have threads of their own: until they have done what they can, time stands still.
      if (kept->until([&] { return !busy(); })) now = job(id);
      if (text(now, "status") != "running") return now;
      kept->advance(step);
    }
    return now;
  }
  bool busy() const {
    const auto s = reader->state();
    return s.waiting + s.reading > 0;
  }
  size_t asked() { return kept->engines["fr.test"].asked.size() + kept->engines["de.test"].asked.size(); }

  static inline std::unique_ptr<DocumentReader> reader;
  TempDir folder;
  std::unique_ptr<vault::Vault> vault;
  std::unique_ptr<FileStore> store;
  std::unique_ptr<WorkerFiles> files;
  std::unique_ptr<JobOffice> office;
  std::unique_ptr<JobRunner> runner;
};

TEST_F(JobsTest, ACallOfAJobIsARequestOfTheLedgerLikeAClients) {
  start();
  const string done = ended(create(job_of("The number is 1.")));
  ASSERT_EQ(text(done, "status"), "completed") << done;
  EXPECT_EQ(kept->requests(Outcome::ok), 1);
  string request;
  ASSERT_TRUE(json::each_element(text(done, "files"), [&](json::Value f) {
    request = text(f.raw, "requests");
    return true;
  }));
  const auto view = kept->record(request.substr(2, 30));
  EXPECT_EQ(view.facts.tenant.project, "intake");
  EXPECT_EQ(view.facts.tenant.key, "one");
  EXPECT_EQ(view.facts.route, "small");
  EXPECT_EQ(view.facts.endpoint, "/v1/chat/completions");
}

TEST_F(JobsTest, AJobWaitsAsLongAsItIsToldTo) {
  start();
  int n = 0;
  for (const char* host : {"fr.test", "de.test"})
    kept->engines[host].on_request = [&n](EngineSide& side, const Message&) {
      ++n;
      side.send(n <= 2 ? json_answer(R"({"error":{"message":"later"}})", 429, "Retry-After: 30\r\n")
                       : json_answer(completion(usage_json(20, 5), R"({\"a\":2})")));
    };
  const Mono begin = kept->clock.mono();
  const string done = ended(create(job_of("Wait for 2.")));
  EXPECT_EQ(text(done, "status"), "completed") << done;
  EXPECT_GE(kept->clock.mono() - begin, 1s);
}

TEST_F(JobsTest, AnEngineThatDoesNotKnowResponseFormatIsAskedWithout) {
  start();
  for (const char* host : {"fr.test", "de.test"})
    kept->engines[host].on_request = [](EngineSide& side, const Message& m) {
      side.send(m.body.find("response_format") != string::npos
                    ? json_answer(R"({"error":{"message":"unknown field"}})", 400)
                    : json_answer(completion(usage_json(20, 5), R"({\"a\":3})")));
    };
  EXPECT_EQ(text(ended(create(job_of("Three is 3."))), "status"), "completed");
}

TEST_F(JobsTest, TheLimitsOfItsKeyHoldForAJob) {
  Sample s;
  s.more = "limits: { per_key: { rpm: 2 } }\n";
  start(s);
  const string id = create(job_of("One and 1."));  // this is the first of two requests
  // In so little time that the limit has not forgotten it.
  ASSERT_EQ(text(ended(id, 10us, 200'000), "status"), "completed");
  const Mono begin = kept->clock.mono();
  const Message refused = kept->ask(post("/v1/documents", job_of("Again 1.")));
  EXPECT_EQ(refused.status, 429) << refused.body;
  kept->advance(2min);
  EXPECT_EQ(text(ended(create(job_of("Again 1."))), "status"), "completed");
  EXPECT_GE(kept->clock.mono() - begin, 2min);
}

TEST_F(JobsTest, AKeyThatIsGoneEndsItsJobsCalls) {
  Sample s;
  start(s);
  for (const char* host : {"fr.test", "de.test"}) kept->engines[host].on_request = [](EngineSide&, const Message&) {};
  const string id = create(job_of("Gone 4."));
  ASSERT_TRUE(kept->until([&] { return asked() == 1; }));
  end_process();
  s.keys = "\n  - { id: two, secret: sk-two, org: acme, team: claims, project: intake }\n";
  s.reader = reader.get();
  s.more = "documents: { on: true }\n";
  kept->reload(s);
  begin_process();
  auto left = office->log.running(kept->clock.wall());
  ASSERT_TRUE(left && left->size() == 1);
  const auto job = std::make_shared<Job>(left->front(), office->boot);
  ASSERT_TRUE(office->board.add(job, 1));
  runner->start(job);
  ASSERT_TRUE(kept->until([&] { return job->status() != JobStatus::running; }));
  EXPECT_EQ(job->status(), JobStatus::failed);
  EXPECT_NE(job->json().find("This API key is not known"), string::npos) << job->json();
  EXPECT_EQ(asked(), 1u) << "nothing more was asked under that key";
}

TEST_F(JobsTest, AJobEndsAtItsDeadlineWithWhatItHas) {
  Sample s;
  s.more = "document_jobs: { deadline: 10s }\n";
  start(s);
  for (const char* host : {"fr.test", "de.test"}) kept->engines[host].on_request = [](EngineSide&, const Message&) {};
  const string id = create(job_of("Late 5."));
  ASSERT_TRUE(kept->until([&] { return asked() == 1; }));
  const string done = ended(id, 1s);
  EXPECT_EQ(text(done, "status"), "failed") << done;
  EXPECT_NE(done.find("the job's time is over"), string::npos) << done;
  EXPECT_EQ(kept->running("fr") + kept->running("de"), 0);
}

TEST_F(JobsTest, AJobOfAnotherProjectIsNotThere) {
  start();
  const string id = create(job_of("Mine 6."));
  const auto other = [&](const string& method, const string& path) {
    return kept->ask(method + " " + path + " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer sk-two\r\n\r\n").status;
  };
  EXPECT_EQ(other("GET", "/v1/documents/" + id), 404);
  EXPECT_EQ(other("GET", "/v1/documents/" + id + "/events"), 404);
  EXPECT_EQ(other("DELETE", "/v1/documents/" + id), 404);
  EXPECT_EQ(text(ended(id), "status"), "completed");
  EXPECT_EQ(other("GET", "/v1/documents/" + id), 404) << "nor once it has ended";
}

TEST_F(JobsTest, AJobWhoseResultDoesNotFitInTheVaultHasFailed) {
  start({}, {.total_bytes = 1 << 20, .blob_bytes = 4000});
  says(R"({"a":1,"b":")" + string(5000, 'x') + R"("})");
  const string id = create(job_of("Large 7."));
  EXPECT_EQ(text(ended(id), "status"), "failed");
  ASSERT_TRUE(kept->until([&] { return !office->board.find(id); }));
  const string done = job(id);
  EXPECT_EQ(text(done, "status"), "failed") << done;
  EXPECT_NE(done.find("more than the gateway's vault has room for"), string::npos) << done;
  EXPECT_EQ(text(text(done, "usage"), "calls"), "1") << "what it took is said all the same";
  const Message events = kept->ask(get("/v1/documents/" + id + "/events"));
  EXPECT_NE(events.body.find("job.done"), string::npos) << events.body;
  EXPECT_TRUE(office->log.running(kept->clock.wall())->empty()) << "the next start does not take it up";
}

TEST_F(JobsTest, AJobThatNobodyRunsHasFailedAndCanBeDeleted) {
  start();
  const string id = create(job_of("Lost 8."));
  ASSERT_EQ(text(ended(id), "status"), "completed");
  ASSERT_TRUE(kept->until([&] { return !office->board.find(id); }));
  auto record = office->log.get(id, kept->clock.wall());
  ASSERT_TRUE(record && *record);
  (*record)->status = JobStatus::running;
  (*record)->answer.clear();
  ASSERT_TRUE(office->log.put(**record, kept->clock.wall(), std::chrono::hours(1)));
  const string now = job(id);
  EXPECT_EQ(text(now, "status"), "failed") << now;
  EXPECT_NE(now.find("its runner is gone"), string::npos) << now;
  const Message events = kept->ask(get("/v1/documents/" + id + "/events"));
  EXPECT_NE(events.body.find("job.done"), string::npos) << events.body;
  const string drop = "DELETE /v1/documents/" + id + " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer sk-one\r\n\r\n";
  EXPECT_EQ(kept->ask(drop).status, 200);
  EXPECT_EQ(kept->ask(get("/v1/documents/" + id)).status, 404);
}

TEST_F(JobsTest, WhatIsErasedIsNotWrittenAgainByTheJobThatRuns) {
  start();
  EngineSide* held = nullptr;
  for (const char* host : {"fr.test", "de.test"})
    kept->engines[host].on_request = [&held](EngineSide& side, const Message&) { held = &side; };
  const string id = create(job_of("Private 9.", R"(,"user":"anna")"));
  ASSERT_TRUE(kept->until([&] { return held != nullptr; }));
  ASSERT_EQ(*vault->erase(vault::Identity::user, "anna"), 3u) << "the job, and the file that came with it";
  held->send(json_answer(completion(usage_json(20, 5), R"({\"a\":1})")));
  ASSERT_TRUE(kept->until([&] { return !office->board.find(id); }));
  for (const char* kind : {"job", "job.file", "job.piece", "file", "file.about"})
    EXPECT_TRUE(vault->list(kind, {}, 10)->empty()) << kind;
  EXPECT_EQ(kept->ask(get("/v1/documents/" + id)).status, 404);
}

TEST_F(JobsTest, AFullVaultTakesNoJob) {
  start({}, {.total_bytes = 20'000, .blob_bytes = 10'000});
  const Wall now = kept->clock.wall();
  for (const char* file : {"file-1", "file-2"})
    ASSERT_TRUE(vault->put("file", file, {}, now, now + std::chrono::hours(1), string(8300, 'x')));
  const Message m = kept->ask(post("/v1/documents", job_of("Full 0.")));
  EXPECT_EQ(m.status, 409) << m.body;
  EXPECT_EQ(vault->list("file", {}, 10)->size(), 2u) << "those of others, and no more";
  for (const char* kind : {"job", "file.about"}) EXPECT_TRUE(vault->list(kind, {}, 10)->empty()) << kind;
}

TEST_F(JobsTest, AChatNamesAKeptFile) {
  start();
  const string form =
      "--XX\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nuser_data\r\n--XX\r\nContent-Disposition: "
      "form-data; name=\"file\"; filename=\"note.txt\"\r\n\r\nThe gate is nine.\r\n--XX--\r\n";
  const Message kept_file =
      kept->ask(fmt::format("POST /v1/files HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer sk-one\r\nContent-Type: "
                            "multipart/form-data; boundary=XX\r\nContent-Length: {}\r\n\r\n{}",
                            form.size(), form));
  ASSERT_EQ(kept_file.status, 200) << kept_file.body;
  const string body = fmt::format(
      R"({{"model":"small","messages":[{{"role":"user","content":[{{"type":"file","file":{{"file_id":"{}"}}}}]}}]}})",
      text(kept_file.body, "id"));
  const Message answer = kept->ask(post(kChat, body));
  ASSERT_EQ(answer.status, 200) << answer.body;
  const string sent = kept->engines["fr.test"].asked.empty() ? kept->engines["de.test"].asked.back().body
                                                             : kept->engines["fr.test"].asked.back().body;
  EXPECT_NE(sent.find("The gate is nine."), string::npos) << sent;
  const Message stranger = kept->ask(post(kChat, body, "Authorization: Bearer sk-two\r\n"));
  EXPECT_EQ(stranger.status, 422) << "another project's";
}

}  // namespace
}  // namespace trine::gateway::test::jobs_test
