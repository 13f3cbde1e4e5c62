#include "sim/service.h"

#include <fmt/format.h>

#include <array>
#include <cmath>

#include "sim/tokenizer.h"
#include "sim/wire.h"

namespace trine::sim {
namespace {

constexpr std::array<std::pair<std::string_view, Endpoint>, 4> model_paths{{
    {"/v1/chat/completions", Endpoint::chat},
    {"/v1/completions", Endpoint::completions},
    {"/v1/responses", Endpoint::responses},
    {"/v1/embeddings", Endpoint::embeddings},
}};

constexpr std::array<std::string_view, 6> page_paths{"/v1/models", "/health",  "/ping",
                                                     "/metrics",   "/version", "/sim/fault"};

Reply labelled(Reply r) {
  r.headers.emplace_back("x-trine-simulated", "true");
  return r;
}

Reply plain(int status, std::string json) {
  Reply r;
  r.status = status;
  r.body = std::move(json);
  return r;
}

// What vLLM's framework says of a path or a method that it does not have.
Reply not_found() {
  return plain(404, R"({"detail":"Not Found"})");
}
Reply wrong_method() {
  return plain(405, R"({"detail":"Method Not Allowed"})");
}

Reply faulty(int status) {
  ApiError e{status,
             status == 429 ? "RateLimitError" : "InternalServerError",
             fmt::format("A fault that was asked for: status {} (simulated).", status),
             {}};
  if (status >= 400 && status < 500 && status != 429) e.type = "BadRequestError";
  Reply r = error_reply(e);
  if (status == 429 || status == 503) r.headers.emplace_back("retry-after", "1");
  return r;
}

}  // namespace

struct Service::Exchange {
  ExchangeId id = 0;
  ModelCall call;
  Sink* sink = nullptr;
  Answer answer;
  std::string text;  // the whole answer, of which `parts` are the tokens
  std::vector<std::string_view> parts;
  std::vector<SequenceId> sequences;
  size_t unfinished = 0;
  int fault_status = 0;
  int64_t die_after = -1;
};

Result<std::unique_ptr<Service>> Service::create(SimOptions options, const Clock& clock) {
  auto spec = validated(std::move(options.spec));
  if (!spec) return tl::unexpected(spec.error());
  options.spec = std::move(*spec);
  if (!(options.time_scale > 0 && options.time_scale <= 1e6)) {
    return fail(Code::invalid_argument, "engine-sim: time_scale must be above 0 and at most 1e6.");
  }
  return std::unique_ptr<Service>(new Service(std::move(options), clock));
}

Service::Service(SimOptions options, const Clock& clock)
    : options_(std::move(options)),
      clock_(clock),
      origin_(clock.mono()),
      created_(unix_ns(clock.wall()) / 1'000'000'000),
      engine_(std::make_unique<Engine>(options_.spec, options_.seed, origin_)),
      faults_(options_.fault) {
  if (options_.device.uuid.empty()) {
    const uint64_t h = hash_text(options_.spec.model + "\n" + options_.spec.gpu, options_.seed);
    options_.device.uuid = fmt::format("GPU-sim-{:016x}", h);
  }
  if (options_.device.hostname.empty()) options_.device.hostname = "engine-sim";
}

Service::~Service() = default;

Mono Service::engine_time() const {
  const Nanos real = clock_.mono() - origin_;
  if (options_.time_scale == 1) return origin_ + real;
  return origin_ + Nanos(std::llround(static_cast<double>(real.count()) * options_.time_scale));
}

void Service::advance() {
  const Engine::Sink each = [this](const TokenEvent& e) { on_token(e); };
  engine_->advance_to(engine_time(), each);
  while (!delayed_.empty() && delayed_.begin()->first <= clock_.mono()) {
    const ExchangeId id = delayed_.begin()->second;
    delayed_.erase(delayed_.begin());
    begin(*exchanges_.at(id));
  }
}

std::optional<Nanos> Service::until_next() const {
  std::optional<Nanos> next;
  if (const auto t = engine_->next_event_time()) {
    const double ns = static_cast<double>((*t - engine_time()).count()) / options_.time_scale;
    next = std::max(Nanos(0), Nanos(static_cast<int64_t>(std::ceil(ns))));
  }
  if (!delayed_.empty()) {
    const Nanos wait = std::max(Nanos(0), Nanos(delayed_.begin()->first - clock_.mono()));
    next = next ? std::min(*next, wait) : wait;
  }
  return next;
}

ExchangeId Service::start(const HttpRequest& request, Sink& sink) {
  advance();
  const std::string_view path = request.path.substr(0, request.path.find('?'));
  for (const auto& [known, endpoint] : model_paths) {
    if (path != known) continue;
    if (request.method == "POST") return call_model(endpoint, request, sink);
    return sink.reply(labelled(wrong_method())), 0;
  }
  return sink.reply(labelled(page(request, path))), 0;
}

Reply Service::page(const HttpRequest& request, std::string_view path) {
  if (path == "/sim/fault") return fault_page(request);
  if (std::ranges::find(page_paths, path) == page_paths.end()) return not_found();
  if (request.method != "GET" && request.method != "HEAD") return wrong_method();
  if (path == "/v1/models") return plain(200, models_body(options_.spec, created_));
  if (path == "/version") return plain(200, fmt::format(R"({{"version":"{}"}})", fingerprint));
  if (path == "/metrics") {
    Reply r;
    r.content_type = "text/plain; version=0.0.4; charset=utf-8";
    r.body = render_metrics(*engine_, options_.device);
    return r;
  }
  return plain(200, "");
}

Reply Service::fault_page(const HttpRequest& request) {
  if (request.method == "POST") {
    const auto fault = parse_fault(request.body);
    if (!fault) return error_reply(ApiError{400, "BadRequestError", fault.error().message, {}});
    faults_.set(*fault);
  } else if (request.method == "DELETE") {
    faults_.set({});
  } else if (request.method != "GET") {
    return wrong_method();
  }
  return plain(200, fault_json(faults_.fault()));
}

ExchangeId Service::call_model(Endpoint endpoint, const HttpRequest& request, Sink& sink) {
  auto x = std::make_unique<Exchange>();
  const Fault fault = faults_.next();
  if (fault.status != 0 && fault.delay == Nanos(0)) return sink.reply(labelled(faulty(fault.status))), 0;
  auto call = parse_call(endpoint, request.body, options_.spec);
  if (!call) return sink.reply(labelled(error_reply(call.error()))), 0;

  x->id = ++last_;
  x->sink = &sink;
  x->call = std::move(*call);
  x->die_after = fault.die_after_tokens;
  x->fault_status = fault.status;
  x->answer.call = &x->call;
  x->answer.id = make_id(endpoint);
  x->answer.created = unix_ns(clock_.wall()) / 1'000'000'000;
  const ExchangeId id = x->id;
  Exchange& made = *exchanges_.emplace(id, std::move(x)).first->second;
  if (fault.delay > Nanos(0)) {
    delayed_.emplace(clock_.mono() + fault.delay, id);
    return id;
  }
  begin(made);
  return exchanges_.contains(id) ? id : 0;
}

void Service::begin(Exchange& x) {
  if (x.fault_status != 0) {
    x.sink->reply(labelled(faulty(x.fault_status)));
    return end(x.id);
  }
  if (x.die_after == 0) {
    x.sink->drop();
    return end(x.id);
  }
  if (x.call.endpoint != Endpoint::embeddings) {
    x.call.question.seed += options_.seed;
    x.text = x.call.tool.empty() ? answer(x.call.question) : tool_arguments(x.call.question);
    x.parts = pieces(x.text);
  }
  for (Prompt& p : x.call.prompts) {
    x.answer.prompt += p.tokens;
    const SequenceId s =
        engine_->submit(Request{p.tokens, std::move(p.blocks), static_cast<Tokens>(x.parts.size()), x.call.max_tokens});
    x.sequences.push_back(s);
    by_sequence_.emplace(s, &x);
  }
  x.unfinished = x.sequences.size();
  if (!x.call.stream) return;
  Reply head;
  head.content_type = "text/event-stream; charset=utf-8";
  x.sink->open(labelled(std::move(head)));
}

void Service::on_token(const TokenEvent& e) {
  const auto found = by_sequence_.find(e.id);
  if (found == by_sequence_.end()) return;  // cancelled
  Exchange& x = *found->second;
  Answer& a = x.answer;
  if (e.finish != Finish::none) {
    by_sequence_.erase(found);
    a.cached += e.cached;
    if (--x.unfinished == 0) a.finish = e.finish;
  }
  std::string out;
  if (e.produced > a.completion) {
    const std::string_view piece = x.parts[static_cast<size_t>(e.produced - 1)];
    const Finish finish = std::exchange(a.finish, Finish::none);  // the token's own event does not say it yet
    if (x.call.stream && a.completion == 0) out += stream_open(a);
    a.completion = e.produced;
    a.text += piece;
    if (x.call.stream) out += stream_token(a, piece);
    a.finish = finish;
  }
  const bool dies = x.die_after >= 0 && a.completion >= x.die_after;
  if (x.call.stream) {
    if (a.finish != Finish::none && !dies) out += stream_close(a);
    if (!out.empty()) x.sink->data(std::move(out));
  }
  if (dies) {
    x.sink->drop();
    return end(x.id);
  }
  if (a.finish == Finish::none) return;
  if (x.call.stream) {
    x.sink->end();
  } else {
    x.sink->reply(labelled(plain(200, whole_body(a))));
  }
  end(x.id);
}

void Service::cancel(ExchangeId id) {
  if (!exchanges_.contains(id)) return;
  advance();
  end(id);
}

void Service::end(ExchangeId id) {
  const auto found = exchanges_.find(id);
  if (found == exchanges_.end()) return;
  for (const SequenceId s : found->second->sequences) {
    if (by_sequence_.erase(s) > 0) engine_->cancel(s);
  }
  std::erase_if(delayed_, [&](const auto& d) { return d.second == id; });
  exchanges_.erase(found);
}

std::string Service::make_id(Endpoint endpoint) {
  const uint64_t h = hash_text(std::to_string(last_), options_.seed);
  return fmt::format("{}{:016x}{:016x}", id_prefix(endpoint), h, hash_text("id", h));
}

}  // namespace trine::sim
