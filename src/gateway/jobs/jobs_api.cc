#include "gateway/jobs/jobs_api.h"

#include "gateway/files/store.h"
#include "gateway/jobs/job.h"
#include "gateway/jobs/job_runner.h"
#include "gateway/limit/limit.h"
#include "gateway/reply.h"
#include "gateway/route/route.h"
#include "json/write.h"

namespace trine::gateway {
namespace {

using llm::client_error;
using llm::ClientError;
using llm::ErrorCode;

constexpr std::string_view kDocuments = "/v1/documents";
constexpr std::string_view kEvents = "/events";
constexpr std::string_view kNoRunner = "its runner is gone: send it again";
constexpr Nanos kEventLook = std::chrono::milliseconds(100);  // for new events
constexpr Nanos kKeepAlive = std::chrono::seconds(15);        // a comment, so that no proxy takes the stream for dead

ClientError no_job(std::string_view id) {
  return client_error(ErrorCode::not_found, fmt::format("no job `{:.80}`", id));
}

ClientError job_error(const Error& e) {
  if (e.code == Code::not_found) return client_error(ErrorCode::invalid_request, e.message, "files");
  if (e.code == Code::resource_exhausted) return client_error(ErrorCode::conflict, e.message);
  if (e.code == Code::unavailable) return client_error(ErrorCode::rate_limited, e.message);
  return client_error(ErrorCode::internal, "the vault: " + e.message);
}

// Gives files that came with the job an id, and looks whether the others are there. Blocks.
Result<void> keep_files(FileStore& store, const energy::Tenant& tenant, const Config& config, JobOrder& order,
                        Wall now) {
  std::vector<std::string> kept;
  for (JobFile& f : order.files) {
    Result<void> done;
    if (f.own) {
      NewFile file{.name = f.name, .purpose = "documents", .bytes = std::move(f.data), .user = order.user, .ttl = {}};
      file.ttl = config.jobs.deadline + std::chrono::hours(1);
      auto about = store.put(tenant, config.files, std::move(file), now);
      if (about)
        kept.push_back(f.id = std::move(about->id));
      else
        done = tl::unexpected(about.error());
    } else {
      const auto about = store.about(tenant, f.id, now);
      if (!about)
        done = tl::unexpected(about.error());
      else if (!*about)
        done = fail(Code::not_found, "there is no file `{:.80}`", f.id);
      else if (f.name.empty())
        f.name = (*about)->name;
    }
    if (done) continue;
    for (const std::string& id : kept) (void)store.drop(tenant, id, now);
    return done;
  }
  return {};
}

void drop_own_files(FileStore& store, const JobRecord& job, Wall now) {
  for (const JobFile& f : job.order.files)
    if (f.own) (void)store.drop(job.tenant, f.id, now);
}

net::Task<void> take_job(Exchange& x) {
  JobRunner& runner = *x.context.jobs;
  JobOffice& office = runner.office();
  const net::BodyError read = co_await x.client.read_body(x.body, body_limit(x));
  if (read == net::BodyError::gone) co_return;
  if (read != net::BodyError::none) {
    x.client.close_after();
    co_return co_await refuse(
        x, client_error(read == net::BodyError::too_large ? ErrorCode::body_too_large : ErrorCode::request_timeout));
  }
  const std::shared_ptr<const Snapshot> snapshot = x.snapshot;
  const Config& config = *snapshot->config;
  auto order = read_job_order(x.body.view(), config.jobs);
  if (!order) co_return co_await refuse(x, order.error());
  x.scan.model = order->model;
  if (const auto error = find_route(x)) co_return co_await refuse(x, *error);
  if (!x.context.documents) co_return co_await refuse(x, client_error(ErrorCode::documents_off));
  if (!x.context.documents->reads()) co_return co_await refuse(x, client_error(ErrorCode::documents_missing));
  if (const auto error = limit(x)) co_return co_await refuse(x, *error);
  x.reservation.finish();

  const Wall now = x.context.clock().wall();
  JobRecord record;
  record.id = "doc_" + random_digits();
  record.order = std::move(*order);
  record.tenant = x.tenant;
  record.who = principal_of(x);
  record.workload = x.workload;
  record.created = now;
  record.deadline = now + config.jobs.deadline;
  auto keep = [&record, &office, &config, now]() -> Result<void> {
    if (auto ok = keep_files(office.files, record.tenant, config, record.order, now); !ok) return ok;
    auto put = office.log.put(record, now, config.jobs.ttl);
    if (!put) drop_own_files(office.files, record, now);
    return put;
  };
  const auto kept = co_await office.files.run(x.context.loop, std::move(keep));
  if (!kept) co_return co_await refuse(x, job_error(kept.error()));
  const auto job = std::make_shared<Job>(std::move(record), office.boot);
  if (!office.board.add(job, config.jobs.running)) {
    auto undo = [&office, &job, now]() -> Result<bool> {
      drop_own_files(office.files, job->about(), now);
      return office.log.drop(job->about().id);
    };
    (void)co_await office.files.run_when_it_can(x.context.loop, std::move(undo));
    co_return co_await refuse(x, client_error(ErrorCode::rate_limited,
                                              fmt::format("this project runs {} jobs already", config.jobs.running)));
  }
  runner.start(job);
  co_await send_json(x, 202, job->json());
}

// A job of this project: one that runs, or one that has ended. Null: there is none.
net::Task<Result<std::shared_ptr<Job>>> find(Exchange& x, std::string id) {
  JobOffice& office = x.context.jobs->office();
  std::shared_ptr<Job> none;
  if (!is_job_id(id)) co_return none;
  auto job = office.board.find(id);
  if (!job) {
    auto look = [&office, &id, now = x.context.clock().wall()] { return office.log.get(id, now); };
    auto record = co_await office.files.run(x.context.loop, std::move(look));
    if (!record) co_return tl::unexpected(record.error());
    if (*record) job = std::make_shared<Job>(std::move(**record), office.boot);
    // What runs is on the board until its end is kept: this one's could not be.
    if (job && job->status() == JobStatus::running)
      job->end(JobStatus::failed, job->json_of(JobStatus::failed, kNoRunner, {}));
  }
  if (job && !same_project(job->about().tenant, x.tenant)) co_return none;
  co_return job;
}

std::string event_text(const JobEvent& e, std::string_view id) {
  return fmt::format("id: {}\nevent: {}\ndata: {}\n\n", id, e.name, e.data);
}

net::Task<bool> send_chunk(Exchange& x, std::string_view text) {
  const std::string size = fmt::format("{:x}\r\n", text.size());
  const std::array<std::string_view, 3> slices = {size, text, "\r\n"};
  const bool sent = co_await x.client.send(slices);
  co_return sent;
}

// What happened since the event that the client saw last, and what happens, until the job has ended.
net::Task<void> stream_events(Exchange& x, std::shared_ptr<Job> job) {
  x.client.watch([&x] { x.client_gone = true; });
  std::string head = own_head(x, 200, "text/event-stream");
  head += "cache-control: no-store\r\ntransfer-encoding: chunked\r\n";
  add_connection(head, x);
  head += "\r\n";
  x.status = 200;
  x.head_sent = true;
  const std::array<std::string_view, 1> first = {head};
  const bool begun = co_await x.client.send(first);
  if (!begun) co_return;
  uint64_t place = job->place_of(x.client.head().find("last-event-id").value_or(std::string_view{}));
  Mono said = x.now();
  for (;;) {
    const Job::Batch batch = job->since(place);
    std::string text;
    for (size_t i = 0; i < batch.events.size(); ++i) text += event_text(batch.events[i], batch.ids[i]);
    place = batch.next;
    if (text.empty() && x.now() - said >= kKeepAlive) text = ": still at work\n\n";
    if (!text.empty()) {
      said = x.now();
      const bool sent = co_await send_chunk(x, text);
      if (!sent) co_return;
    }
    if (batch.ended || x.client_gone || x.context.draining) break;
    co_await x.context.loop.sleep(kEventLook);
  }
  if (x.client_gone) co_return;
  const std::array<std::string_view, 1> last = {"0\r\n\r\n"};
  co_await x.client.send(last);
}

net::Task<void> remove(Exchange& x, std::shared_ptr<Job> job) {
  const std::string id = job->about().id;
  if (job->status() == JobStatus::running) {
    job->cancel();
    co_return co_await send_json(x, 202, job->json());
  }
  JobOffice& office = x.context.jobs->office();
  auto drop = [&office, &job, &id, now = x.context.clock().wall()] {
    // They are there yet where its end was not kept.
    office.log.drop_files(job->about());
    drop_own_files(office.files, job->about(), now);
    return office.log.drop(id);
  };
  const auto dropped = co_await office.files.run(x.context.loop, std::move(drop));
  if (!dropped) co_return co_await refuse(x, job_error(dropped.error()));
  std::string out;
  json::Writer(out).object().key("id").value(id).key("object").value("document_job").key("deleted").value(true).end();
  co_await send_json(x, 200, out);
}

}  // namespace

bool is_jobs_api(const Exchange& x) {
  const std::string_view path = x.client.head().path();
  return path == kDocuments || path.starts_with("/v1/documents/");
}

net::Task<void> serve_jobs_api(Exchange& x) {
  if (!x.context.jobs) co_return co_await refuse(x, client_error(ErrorCode::files_off));
  const std::string_view method = x.client.head().method;
  const std::string_view path = x.client.head().path();
  const bool get = method == "GET" || method == "HEAD";
  if (path == kDocuments) {
    if (method == "POST") co_return co_await take_job(x);
    x.allow = "POST";
    co_return co_await refuse(x, client_error(ErrorCode::method_not_allowed));
  }
  std::string id(path.substr(kDocuments.size() + 1));
  const bool events = id.ends_with(kEvents);
  if (events) id.resize(id.size() - kEvents.size());
  if (!get && (events || method != "DELETE")) {
    x.allow = events ? "GET, HEAD" : "GET, HEAD, DELETE";
    co_return co_await refuse(x, client_error(ErrorCode::method_not_allowed));
  }
  auto job = co_await find(x, id);
  if (!job) co_return co_await refuse(x, job_error(job.error()));
  if (!*job) co_return co_await refuse(x, no_job(id));
  if (events && method == "GET") co_return co_await stream_events(x, std::move(*job));
  if (get) co_return co_await send_json(x, 200, (*job)->json());
  co_await remove(x, std::move(*job));
}

}  // namespace trine::gateway
