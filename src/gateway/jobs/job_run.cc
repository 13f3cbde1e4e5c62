#include "gateway/jobs/job_run.h"

#include <algorithm>
#include <cmath>

#include "base/log.h"
#include "base/text.h"
#include "documents/merge.h"
#include "documents/split.h"
#include "gateway/documents/reader.h"
#include "gateway/jobs/evidence.h"
#include "json/read.h"
#include "json/write.h"

namespace trine::gateway {
namespace {

constexpr int kAttempts = 5;  // of one call that may succeed later
constexpr Nanos kLongestPause = std::chrono::seconds(60);
constexpr Nanos kSlotLook = std::chrono::milliseconds(250);

std::string text_hash(std::string_view text) {
  return hex(hash_key(text));
}

// A step of a job that the log no longer has: of such a one nothing may be kept.
bool was_erased(const Result<void>& kept) {
  return !kept && kept.error().code == Code::not_found;
}

// The object of a job that failed, with no more of its files than which they are.
std::string without_results(std::string_view answer, std::string_view error) {
  std::string out;
  json::Writer w(out);
  w.object();
  (void)json::each_member(answer, [&](std::string_view key, json::Value v) {
    if (key == "result" || key == "error") return true;
    w.key(key);
    if (key == "status") {
      w.value(name(JobStatus::failed));
    } else if (key == "files") {
      w.array();
      (void)json::each_element(v.raw, [&](json::Value file) {
        w.object();
        for (const char* field : {"file_id", "filename"})
          if (const auto f = json::member(file.raw, field); f && *f) w.key(field).raw((*f)->raw);
        w.key("status").value(name(JobStatus::failed)).end();
        return true;
      });
      w.end();
    } else {
      w.raw(v.raw);
    }
    return true;
  });
  w.key("error").object().key("message").value(error).end().end();
  return out;
}

}  // namespace

struct JobRun::File {
  size_t index = 0;
  std::string name;
  std::shared_ptr<const ReadDocument> document;
  std::vector<documents::Piece> pieces;
  std::vector<std::string> answers;  // by piece
  std::vector<std::string> requests;
  CallSum sum;
  std::vector<documents::Conflict> conflicts;
  std::vector<json::SchemaProblem> problems;  // that a second question has not mended
  Error error{Code::internal, {}};
  bool failed = false;

  std::string_view text_of(size_t p) const {
    return std::string_view(document->text.text).substr(pieces[p].begin, pieces[p].end - pieces[p].begin);
  }
  PieceText piece(size_t p) const {
    return {name, text_of(p), p, pieces.size(), pieces[p].first_page, pieces[p].last_page};
  }
};

// So many lanes at once call do_one(i) for each i in [0, count).
class JobRun::Lanes {
 public:
  using DoOne = std::function<net::Task<void>(size_t)>;
  Lanes(net::Loop& loop, size_t lanes, size_t count, DoOne do_one)
      : loop_(loop), lanes_(std::min(lanes, count)), count_(count), do_one_(std::move(do_one)) {}
  bool await_ready() const noexcept { return count_ == 0; }
  void await_suspend(std::coroutine_handle<> h) {
    waiting_ = h;
    open_ = lanes_;
    for (size_t i = 0; i < lanes_; ++i) net::spawn(lane());
  }
  void await_resume() const noexcept {}

 private:
  net::Task<void> lane() {
    while (next_ < count_) co_await do_one_(next_++);
    if (--open_ == 0) loop_.post([h = waiting_] { h.resume(); });
  }

  net::Loop& loop_;
  const size_t lanes_, count_;
  const DoOne do_one_;
  size_t next_ = 0, open_ = 0;
  std::coroutine_handle<> waiting_;
};

void JobRun::Places::give_back() {
  if (waiting_.empty()) {
    ++free_;
    return;
  }
  const auto h = waiting_.front();
  waiting_.pop_front();
  loop_.post([h] { h.resume(); });
}

JobRun::JobRun(const Parts& parts, std::shared_ptr<Job> job)
    : context_(parts.context),
      handler_(parts.handler),
      files_(parts.files),
      log_(parts.log),
      job_(std::move(job)),
      snapshot_(context_.snapshot()),
      // It was parsed when the job was taken.
      schema_(json::Schema::parse(about().order.schema).value()),
      piece_schema_(json::without_required(about().order.schema)),
      places_(context_.loop, about().order.parallel) {}

bool JobRun::over() const {
  return stopping_ || job_->cancelled() || wall() >= about().deadline;
}

Error JobRun::why_over() const {
  if (stopping_ || job_->cancelled()) return {Code::cancelled, "the job was cancelled"};
  return {Code::deadline_exceeded, "the job's time is over: ask for fewer files at once"};
}

Nanos JobRun::left() const {
  return std::max<Nanos>(std::chrono::milliseconds(1), about().deadline - wall());
}

JobRun::Leave JobRun::waits() {
  std::erase_if(leaves_, [](const auto& l) { return l.expired(); });
  auto leave = std::make_shared<std::function<void()>>();
  leaves_.push_back(leave);
  return leave;
}

void JobRun::leave(bool stop) {
  stopping_ = stopping_ || stop;
  std::vector<Leave> all;
  for (const auto& l : leaves_)
    if (auto leave = l.lock()) all.push_back(std::move(leave));
  for (const Leave& l : all) {
    const auto now = *l;  // who leaves takes it away
    if (now) now();
  }
}

net::Task<void> JobRun::pause(Nanos d) {
  const Mono until = context_.clock().mono() + d;
  while (!over() && context_.clock().mono() < until)
    co_await context_.loop.sleep(std::min<Nanos>(kSlotLook, until - context_.clock().mono()));
}

net::Task<void> JobRun::run() {
  const auto parallel = static_cast<size_t>(about().order.parallel);
  Lanes lanes(context_.loop, parallel, about().order.files.size(), [this](size_t i) { return one_file(i); });
  co_await lanes;
  if (!stopping_) co_await finish();
}

net::Task<void> JobRun::one_file(size_t i) {
  if (over()) co_return;
  auto look = [this, i, now = wall()] { return log_.get_file(about(), i, now); };
  auto known = co_await files_.run_when_it_can(context_.loop, std::move(look));
  if (known && *known) {
    job_->end_file(i, std::move(**known));
    co_return;
  }
  File f;
  f.index = i;
  f.name = about().order.files[i].name;
  auto done = co_await read_file(f);
  if (done) done = co_await ask_pieces(f);
  std::string result;
  if (done) {
    auto reduced = co_await reduce(f);
    if (reduced)
      result = std::move(*reduced);
    else
      done = tl::unexpected(reduced.error());
  }
  if (!done && over()) co_return;  // no end of its own: it is the job's
  FileEnd end = done ? completed(f, result) : failed(f, done.error());
  auto keep = [this, i, &f, &end, now = wall()]() -> Result<void> {
    if (auto ok = log_.put_file(about(), i, end, now); !ok) return ok;
    log_.drop_pieces(about(), i, f.pieces.size());
    return {};
  };
  const auto kept = co_await files_.run_when_it_can(context_.loop, std::move(keep));
  if (was_erased(kept)) co_return job_->cancel();
  if (!kept) log::warning("job {}: file {}: {}", about().id, i, kept.error().message);
  job_->end_file(i, std::move(end));
}

net::Task<Result<void>> JobRun::read_file(File& f) {
  const JobFile& ordered = about().order.files[f.index];
  auto get = [this, &ordered, now = wall()] { return files_.read(about().tenant, ordered.id, now); };
  auto file = co_await files_.run_when_it_can(context_.loop, std::move(get));
  if (!file) co_return tl::unexpected(file.error());
  if (f.name.empty()) f.name = std::move(file->name);
  job_->reading(f.index, f.name);
  const JobsConfig& limits = snapshot_->config->jobs;
  bytes_ += file->bytes.size();
  if (bytes_ > static_cast<uint64_t>(limits.bytes))
    co_return fail(Code::out_of_range, "the files of this job are over {} bytes together", limits.bytes);
  if (!context_.documents) co_return fail(Code::unimplemented, "no documents are read here");

  const auto route = snapshot_->routes.find(std::string_view(about().order.model));
  const DocumentStepsConfig steps =
      route == snapshot_->routes.end() ? snapshot_->config->documents.steps : route->second.documents;
  ReadOrder order;
  order.job.name = f.name;
  order.job.ocr = steps.ocr;
  const auto& languages = snapshot_->config->documents.languages;
  if (!languages.empty()) order.job.languages = fmt::format("{}", fmt::join(languages, "+"));
  order.job.limits = snapshot_->config->documents.limits;
  if (steps.max_pages > 0) order.job.limits.pages = std::min(order.job.limits.pages, steps.max_pages);
  order.reduce = {.repeats = steps.repeats, .duplicates = steps.duplicates, .boilerplate = steps.boilerplate};
  order.whose = prefix_salt_of(about().tenant);
  const Leave leave = waits();
  while (!over()) {
    ReadOrder again = order;
    again.bytes = file->bytes;
    auto read = co_await context_.documents->read(context_.loop, std::move(again), left(), *leave);
    if (read) {
      f.document = std::move(*read);
      break;
    }
    if (read.error().problem != documents::Problem::busy)
      co_return fail(documents::is_documents(read.error().problem) ? Code::invalid_argument : Code::internal, "{}",
                     read.error().message);
    co_await pause(std::chrono::seconds(1));  // a job can wait: clients' requests go first
  }
  if (!f.document) co_return tl::unexpected(why_over());
  auto pieces = documents::split(f.document->text,
                                 {.most_tokens = about().order.window, .overlap_tokens = about().order.overlap});
  if (!pieces) co_return tl::unexpected(pieces.error());
  if (pieces->empty()) co_return fail(Code::invalid_argument, "the file has no text");
  pieces_ += pieces->size();
  if (pieces_ > static_cast<size_t>(limits.pieces))
    co_return fail(Code::out_of_range, "this job has over {} pieces: raise `window`, or ask for fewer files at once",
                   limits.pieces);
  f.pieces = std::move(*pieces);
  f.answers.resize(f.pieces.size());
  job_->read(f.index, f.document->facts.pages, f.pieces.size(), f.document->tokens);
  co_return Result<void>{};
}

net::Task<Result<void>> JobRun::ask_pieces(File& f) {
  const auto parallel = static_cast<size_t>(about().order.parallel);
  Lanes lanes(context_.loop, parallel, f.pieces.size(), [this, &f](size_t p) { return one_piece(f, p); });
  co_await lanes;
  if (f.failed) co_return tl::unexpected(f.error);
  if (over()) co_return tl::unexpected(why_over());
  co_return Result<void>{};
}

net::Task<void> JobRun::one_piece(File& f, size_t p) {
  if (over() || f.failed) co_return;
  const std::string hash = text_hash(f.text_of(p));
  auto look = [this, &f, p, now = wall()] { return log_.get_piece(about(), f.index, p, now); };
  const auto known = co_await files_.run_when_it_can(context_.loop, std::move(look));
  PieceEnd end;
  if (known && *known && (*known)->text_hash == hash) {
    end = **known;
  } else {
    // What reading has spared is the first call's; the others have less text because of it, but once is enough.
    std::vector<Spared> spared;
    if (p == 0) {
      const documents::Reduced& r = f.document->reduced;
      for (const auto& [step, tokens] : {std::pair{"documents.repeats", r.repeats.tokens},
                                         {"documents.boilerplate", r.boilerplate.tokens},
                                         {"documents.duplicates", r.duplicates.tokens}})
        if (tokens != 0) spared.push_back({.step = step, .in = tokens, .out = 0, .figures = {}});
    }
    const std::string& schema = f.pieces.size() == 1 ? about().order.schema : piece_schema_;
    auto prompt = [this, &f, p, &schema](bool constrain) {
      return piece_prompt(about().order, schema, f.piece(p), constrain);
    };
    auto answer = co_await ask(std::move(prompt), std::move(spared), end.requests);
    if (!answer) {
      f.requests.insert(f.requests.end(), end.requests.begin(), end.requests.end());
      if (!over() && !std::exchange(f.failed, true)) {
        f.error = answer.error();
        if (f.pieces.size() > 1)
          f.error.message = fmt::format("piece {} of {}: {}", p + 1, f.pieces.size(), f.error.message);
      }
      co_return;
    }
    end.text_hash = hash;
    end.json = std::move(answer->json);
    end.sum = answer->sum;
    auto keep = [this, &f, p, &end, now = wall()] { return log_.put_piece(about(), f.index, p, end, now); };
    const auto kept = co_await files_.run_when_it_can(context_.loop, std::move(keep));
    if (was_erased(kept)) co_return job_->cancel();
    if (!kept) log::warning("job {}: piece {}/{}: {}", about().id, f.index, p, kept.error().message);
  }
  f.answers[p] = std::move(end.json);
  f.sum += end.sum;
  for (std::string& r : end.requests) f.requests.push_back(std::move(r));
  job_->piece_done(f.index, p);
}

net::Task<Result<ModelAnswer>> JobRun::ask(std::function<Prompt(bool)> prompt, std::vector<Spared> spared,
                                           std::vector<std::string>& requests) {
  const Leave leave = waits();
  CallSum sum;
  Error last{Code::unavailable, "the model was not asked"};
  bool constrained = constrain_;
  for (int attempt = 0; attempt < kAttempts;) {
    if (over()) co_return tl::unexpected(why_over());
    Prompt p = prompt(constrained);
    const Errand errand{.who = about().who,
                        .workload = about().workload,
                        .body = std::move(p.body),
                        .document_begin = p.document_begin,
                        .document_end = p.document_end,
                        .spared = spared};
    co_await places_.take();
    Result<ErrandAnswer> answered = tl::unexpected(why_over());
    if (!over()) answered = co_await run_errand(context_, handler_, errand, left(), *leave);
    places_.give_back();
    if (over()) co_return tl::unexpected(why_over());
    ++attempt;
    Nanos wait = std::chrono::seconds(int64_t{1} << (attempt - 1));
    if (!answered) {
      last = answered.error();
    } else {
      if (!answered->request_id.empty()) requests.push_back(answered->request_id);
      if (answered->status == 200) {
        if (!constrained) constrain_ = false;  // this engine does not know response_format: the next call need not ask
        auto read = read_model_answer(answered->body);
        if (read) {
          read->sum += sum;
          co_return read;
        }
        // Another try may go better; its tokens count too.
        sum.calls += 1;
        last = read.error();
        if (attempt >= 2) co_return tl::unexpected(last);
        continue;
      }
      const ToldError told = read_told_error(answered->body);
      last = {Code::unavailable,
              told.message.empty() ? fmt::format("the model's server answered {}", answered->status) : told.message};
      if (answered->status == 400 && constrained && told.code != "content_blocked" && told.code != "over_limit") {
        constrained = false;  // perhaps it is response_format that it does not know
        --attempt;
        continue;
      }
      if (!worth_another(answered->status)) co_return tl::unexpected(last);
      wait = std::max<Nanos>(wait, std::chrono::seconds(answered->retry_after));
    }
    spared.clear();
    if (attempt < kAttempts) co_await pause(std::min(wait, kLongestPause));
  }
  co_return tl::unexpected(last);
}

net::Task<Result<std::string>> JobRun::reduce(File& f) {
  std::vector<std::string_view> answers(f.answers.begin(), f.answers.end());
  auto merged = documents::merge(answers);
  if (!merged) co_return tl::unexpected(merged.error());
  f.conflicts = std::move(merged->conflicts);
  std::string result = std::move(merged->json);
  auto problems = schema_.check(result);
  if (!problems) co_return tl::unexpected(problems.error());
  if (problems->empty()) co_return result;
  // Once more, with what is wrong.
  auto prompt = [this, &f, &result, &problems](bool constrain) {
    const PieceText piece = f.piece(0);
    return repair_prompt(about().order, result, *problems, f.pieces.size() == 1 ? &piece : nullptr, constrain);
  };
  auto answer = co_await ask(std::move(prompt), {}, f.requests);
  if (answer) {
    f.sum += answer->sum;
    auto now_wrong = schema_.check(answer->json);
    if (now_wrong && now_wrong->size() < problems->size()) {
      result = std::move(answer->json);
      problems = std::move(now_wrong);
    }
  } else if (over()) {
    co_return tl::unexpected(why_over());
  }
  f.problems = std::move(*problems);
  co_return result;
}

FileEnd JobRun::failed(const File& f, const Error& why) const {
  FileEnd end;
  end.sum = f.sum;
  json::Writer w(end.json);
  w.object().key("file_id").value(about().order.files[f.index].id).key("filename").value(f.name);
  w.key("status").value("failed").key("error").object().key("message").value(why.message).end();
  w.key("requests").array();
  for (const std::string& r : f.requests) w.value(r);
  w.end().key("usage").raw(to_json(f.sum)).end();
  return end;
}

FileEnd JobRun::completed(File& f, const std::string& result) {
  const ReadDocument& d = *f.document;
  FileEnd end;
  end.good = true;
  end.sum = f.sum;
  json::Writer w(end.json);
  w.object().key("file_id").value(about().order.files[f.index].id).key("filename").value(f.name);
  w.key("status").value("completed").key("pages").value(d.facts.pages).key("ocr_pages").value(d.facts.ocr_pages);
  w.key("tokens").value(d.tokens).key("pieces").value(f.pieces.size()).key("result").raw(result);
  w.key("valid").value(f.problems.empty()).key("problems").array();
  for (const json::SchemaProblem& p : f.problems)
    w.object().key("path").value(p.path).key("message").value(p.what).end();
  w.end().key("evidence").array();
  for (const Evidence& e : find_evidence(result, d.text)) {
    w.object().key("path").value(e.path).key("text").value(e.text).key("page").value(e.page);
    // Attachments and embedded files have pages of their own.
    if (e.part > 0 && static_cast<size_t>(e.part) < d.parts.size())
      w.key("part").value(d.parts[static_cast<size_t>(e.part)].name);
    w.end();
  }
  w.end().key("conflicts").array();
  for (const documents::Conflict& c : f.conflicts)
    w.object()
        .key("path")
        .value(c.path)
        .key("kept")
        .raw(c.kept)
        .key("other")
        .raw(c.other)
        .key("piece")
        .value(c.piece)
        .end();
  w.end().key("warnings").array();
  for (const std::string& warning : d.warnings) w.value(warning);
  w.end().key("spared").object();
  w.key("documents.repeats").value(d.reduced.repeats.tokens);
  w.key("documents.boilerplate").value(d.reduced.boilerplate.tokens);
  w.key("documents.duplicates").value(d.reduced.duplicates.tokens).end();
  w.key("requests").array();
  for (const std::string& r : f.requests) w.value(r);
  w.end().key("usage").raw(to_json(f.sum)).end();
  return end;
}

net::Task<void> JobRun::finish() {
  JobStatus status = JobStatus::completed;
  std::string error;
  if (job_->cancelled()) {
    status = JobStatus::cancelled;
  } else if (over()) {
    status = JobStatus::failed;
    error = why_over().message;
  } else if (job_->all_failed()) {
    status = JobStatus::failed;
    error = "no file could be read and answered for: see each file's `error`";
  }
  std::string merged;
  if (about().order.merge_all && status == JobStatus::completed) {
    std::vector<std::string> files = job_->good_files(), results;
    for (const std::string& f : files)
      if (const auto r = json::member(f, "result"); r && *r) results.emplace_back((*r)->raw);
    const std::vector<std::string_view> views(results.begin(), results.end());
    if (const auto m = documents::merge(views)) merged = m->json;
  }
  JobRecord record = about();
  record.status = status;
  record.answer = job_->json_of(status, error, merged);
  auto keep = [this, &record, now = wall(), ttl = snapshot_->config->jobs.ttl]() -> Result<void> {
    const auto drop_files = [this, &record, now] {
      log_.drop_files(record);
      for (const JobFile& f : record.order.files)
        if (f.own) (void)files_.drop(record.tenant, f.id, now);
    };
    const auto ok = log_.put(record, now, ttl);
    if (was_erased(ok)) return ok;
    if (!ok) {
      log::warning("job {}: its end is not kept: {}", record.id, ok.error().message);
      // One that says so, in place of one that runs for ever.
      record.status = JobStatus::failed;
      record.answer = without_results(
          record.answer,
          ok.error().code == Code::resource_exhausted
              ? "what came out is more than the gateway's vault has room for: ask for fewer files at once"
              : "what came out could not be written to the gateway's disk: send it again");
      drop_files();  // they make room for it
      return log_.put(record, now, ttl);
    }
    drop_files();
    return {};
  };
  const auto kept = co_await files_.run_when_it_can(context_.loop, std::move(keep));
  if (was_erased(kept))
    record.status = JobStatus::cancelled;
  else if (!kept)
    log::warning("job {}: nor is that it failed: {}", record.id, kept.error().message);
  job_->end(record.status, std::move(record.answer));
}

}  // namespace trine::gateway
