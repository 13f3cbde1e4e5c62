// trine check: the configuration, the catalog that it asks for, and every name in it.
#include <charconv>
#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/say.h"
#include "cli/source.h"

namespace trine::cli {
namespace {

using Json = nlohmann::ordered_json;

// "file:line:column: sentence" in its parts; what has no place is all sentence.
Json problem(std::string_view line) {
  Json j{{"file", nullptr}, {"line", nullptr}, {"column", nullptr}, {"message", line}};
  for (size_t end = line.find(": "); end != std::string_view::npos; end = line.find(": ", end + 1)) {
    const std::string_view place = line.substr(0, end);
    const size_t second = place.rfind(':');
    const size_t first = second == std::string_view::npos || second == 0 ? second : place.rfind(':', second - 1);
    if (first == std::string_view::npos) continue;
    int numbers[2] = {};
    const std::string_view texts[2] = {place.substr(first + 1, second - first - 1), place.substr(second + 1)};
    bool good = true;
    for (int i = 0; i < 2; ++i) {
      const auto [p, ec] = std::from_chars(texts[i].data(), texts[i].data() + texts[i].size(), numbers[i]);
      good = good && ec == std::errc() && p == texts[i].data() + texts[i].size();
    }
    if (!good) continue;
    j["file"] = place.substr(0, first);
    j["line"] = numbers[0];
    j["column"] = numbers[1];
    j["message"] = line.substr(end + 2);
    break;
  }
  return j;
}

Json problems(std::string_view text) {
  Json all = Json::array();
  while (!text.empty()) {
    const size_t end = text.find('\n');
    if (end != 0) all.push_back(problem(text.substr(0, end)));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return all;
}

// What is allowed and probably not meant.
Json notes(const gateway::Config& config) {
  Json all = Json::array();
  for (const std::string& note : config.notes) all.push_back(problem(note));
  return all;
}

std::string dump(const Json& j) {
  return j.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<std::shared_ptr<const gateway::Snapshot>> load(const std::string& file) {
  auto config = gateway::load_config(file);
  if (!config) return tl::unexpected(config.error());
  return resolve(std::move(*config));
}

}  // namespace

int run_check(const CheckOptions& o) {
  const auto snapshot = load(o.config);
  if (!snapshot) {
    if (!o.json) return complain(snapshot.error());
    say(dump({{"ok", false}, {"problems", problems(snapshot.error().message)}}));
    return kFailed;
  }
  const auto& config = *(*snapshot)->config;
  const auto count = [](size_t n, const char* what) { return fmt::format("{} {}{}", n, what, n == 1 ? "" : "s"); };
  if (o.json) {
    say(dump({{"ok", true},
              {"problems", Json::array()},
              {"notes", notes(config)},
              {"deployments", config.deployments.size()},
              {"routes", config.routes.size()},
              {"keys", config.keys.size()}}));
  } else {
    for (const std::string& note : config.notes) say(note);
    say(fmt::format("ok: {}, {}, {}", count(config.deployments.size(), "deployment"),
                    count(config.routes.size(), "route"), count(config.keys.size(), "key")));
  }
  return kOk;
}

}  // namespace trine::cli
