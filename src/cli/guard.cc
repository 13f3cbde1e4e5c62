// trine guard check | eval | train | policy
#include "guard/guard.h"

#include <chrono>
#include <cstdio>
#include <memory>

#include "cli/commands.h"
#include "cli/say.h"
#include "cli/table.h"
#include "gateway/config/config.h"
#include "guard/evaluate.h"
#include "guard/leak.h"
#include "yaml/reader.h"

namespace trine::cli {
namespace {

constexpr size_t kMostTextBytes = size_t{256} << 20;

Result<guard::Guard::Sources> sources_of(const GuardOptions& o) {
  if (o.config.empty()) return guard::Guard::Sources{.policy = o.policy, .rules = o.rules};
  auto config = gateway::load_config(o.config);
  if (!config) return tl::unexpected(config.error());
  return guard::Guard::Sources{.policy = (*config)->guard.policy, .rules = (*config)->guard.rules};
}

Result<std::string> standard_input() {
  std::string text;
  std::array<char, 1 << 16> buffer{};
  while (const size_t n = std::fread(buffer.data(), 1, buffer.size(), stdin)) {
    if (text.size() + n > kMostTextBytes) return fail(Code::out_of_range, "The text is longer than 256 MiB.");
    text.append(buffer.data(), n);
  }
  return text;
}

guard::Provenance provenance_named(std::string_view name) {
  for (const auto p : {guard::Provenance::user, guard::Provenance::system, guard::Provenance::assistant,
                       guard::Provenance::tool, guard::Provenance::document})
    if (guard::name(p) == name) return p;
  return guard::Provenance::user;
}

std::string as_text(const guard::Verdict& v) {
  Table table({{"risk", false}, {"score", true}});
  for (size_t i = 0; i < guard::kRisks; ++i)
    table.row({std::string(guard::name(guard::risk_at(i))), fmt::format("{:.3f}", v.scores.of[i])});
  std::string out =
      fmt::format("{} (tier {}, {:.0f} us)\n\n{}", guard::name(v.action), v.tier, v.latency_us, table.text());
  for (const guard::Entity& e : v.entities) out += fmt::format("\n{} at bytes {} to {}", e.type, e.start, e.end);
  for (const std::string& reason : v.reasons) out += fmt::format("\n{}", printable(reason));
  return out;
}

int check(const GuardOptions& o) {
  const auto sources = sources_of(o);
  if (!sources) return complain(sources.error());
  const auto guard = guard::Guard::load(*sources);
  if (!guard) return complain(guard.error());
  auto text = o.text == "-" ? standard_input() : Result<std::string>(o.text);
  if (!text) return complain(text.error());

  guard::GuardScratch scratch;
  const auto begin = std::chrono::steady_clock::now();
  const guard::Finding finding = (*guard)->inspect({provenance_named(o.as), *text}, scratch);
  guard::Outcome outcome = guard::decide_all((*guard)->policies().standard, {&finding, 1}, {}, {});
  guard::Verdict& v = outcome.parts.front().verdict;
  if (!o.system.empty()) {
    const auto prompt = yaml::file_contents(o.system, yaml::kMaxFileBytes);
    if (!prompt) return complain(prompt.error());
    if (const auto leak = guard::find_leak(guard::LeakIndex(*prompt), *text)) {
      v.scores[guard::Risk::leak] = 1;
      v.action = std::max(v.action, (*guard)->policies().standard.of(guard::Risk::leak).strictest());
      v.reasons.push_back(fmt::format("leak: it gives the system prompt away, {}", guard::name(leak->form)));
    }
  }
  v.latency_us = std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - begin).count();
  if (o.json) {
    std::string json;
    guard::append_json(json, v);
    say(json);
  } else {
    say(as_text(v));
  }
  return kOk;
}

int policy(const GuardOptions& o) {
  const auto sources = sources_of(o);
  if (!sources) return complain(sources.error());
  const auto guard = guard::Guard::load(*sources);
  if (!guard) return complain(guard.error());
  for (const std::string& sentence : guard::describe((*guard)->policies())) say(sentence);
  return kOk;
}

int train(const GuardOptions& o) {
  const auto trained = guard::train_guard({.data = o.data, .model = o.model});
  if (!trained) return complain(trained.error());
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(o.out.c_str(), "wb"), &std::fclose);
  if (!file || std::fwrite(trained->file.data(), 1, trained->file.size(), file.get()) != trained->file.size() ||
      std::fflush(file.get()) != 0)
    return complain(fmt::format("{} cannot be written.", o.out));
  say(guard::markdown(trained->evaluation));
  say(fmt::format("{}: {} bytes", o.out, trained->file.size()));
  return kOk;
}

int evaluate(const GuardOptions& o) {
  const auto evaluation = guard::evaluate_guard({.data = o.data, .model = o.model});
  if (!evaluation) return complain(evaluation.error());
  say(guard::markdown(*evaluation));
  return kOk;
}

}  // namespace

int run_guard(const GuardOptions& o) {
  switch (o.what) {
    case GuardOptions::What::check:
      return check(o);
    case GuardOptions::What::eval:
      return evaluate(o);
    case GuardOptions::What::train:
      return train(o);
    case GuardOptions::What::policy:
      return policy(o);
  }
  return kUsage;
}

}  // namespace trine::cli
