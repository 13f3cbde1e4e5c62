// Where live intensities come from: what to ask of a source, and what its answers mean. The asking is the poller's.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "grid/answer.h"
#include "net/fetch.h"
#include "net/task.h"

namespace trine::grid {

enum class SourceKind : uint8_t { electricity_maps, watttime, uk_carbon_intensity, eco2mix, entsoe, file };

struct SourceFacts {
  SourceKind kind;
  const char* name;  // in the configuration, the cache and readings
  const char* url;   // by default
  Nanos refresh;     // by default: its own step, an hour at most
  const char* zone;  // the only one it knows; empty: many
  bool needs_token;  // or user and password
  Method method;     // the first that it gives
  int requests;      // of one refresh, forecast included
};
std::span<const SourceFacts> source_facts();
const SourceFacts& facts_of(SourceKind kind);
const SourceFacts* source_named(std::string_view name);  // null: none

// What the configuration says of one source.
struct SourceSpec {
  SourceKind kind = SourceKind::electricity_maps;
  std::string url;                    // without "/" at its end; empty: the default
  std::string token;                  // a secret
  std::string user, password;         // WattTime; the latter a secret
  std::string path;                   // of a file
  Method method = Method::lifecycle;  // what a file's values count
  std::vector<std::string> zones;
  std::map<std::string, std::string> areas;  // zone → the source's own name, where it is not the same
  Nanos refresh{0};                          // 0: the source's own
  int64_t requests_per_day = 0;              // 0: without a bound
  int64_t requests_per_month = 0;
  std::string ca_file;     // besides the system's authorities
  std::string proxy_host;  // reached by CONNECT; empty: directly
  uint16_t proxy_port = 0;
  std::string proxy_credentials;  // "user:password" for it, or empty; a secret
  bool operator==(const SourceSpec&) const = default;
};

// Why an answer did not come.
struct Trouble {
  Error error;
  int status = 0;        // of the source's answer; 0: none came
  Nanos retry_after{0};  // what it asked for; 0: nothing
};
template <class T>
using Asked = tl::expected<T, Trouble>;

// One request to a source. The poller's, with its budget; a test's.
struct Web {
  virtual ~Web() = default;
  // `request.target` goes behind the URL's path. The body of an answer with status 200.
  virtual net::Task<Asked<std::string>> ask(net::FetchRequest request) = 0;
};

// One thread: the loop's.
class Source {
 public:
  virtual ~Source() = default;
  // All that the source says of a zone lately (a day back at least, where it has it) and, with `ahead`, of hours to
  // come.
  virtual net::Task<Asked<Answer>> read(Web& web, std::string zone, Wall now, bool ahead) = 0;
};

// Whether it can be asked about the zone.
bool knows(const SourceSpec& spec, const std::string& zone);

// Errors (invalid_argument): a token or a path that is missing, a zone that the source does not know.
Result<std::unique_ptr<Source>> make_source(const SourceSpec& spec);

}  // namespace trine::grid
