// trine instances with a provider made of a shell script and a folder, which kills the program at every order in turn.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "integration/cli/program.h"
#include "unit/ledger/fixtures.h"

namespace trine::cli::instances_test {
namespace {

using testing::Background;
using testing::run_trine;
namespace fs = std::filesystem;

// Machines are folders named by the key of their start; each start that made one is a line in `starts`. Orders are
// numbered as they come, also at the same time; at the one of `die_at` ("0 before") the program that gave it is killed,
// before or after it is carried out.
constexpr auto kCloud = R"(#!/bin/sh
in=$(cat)
field() { printf '%s' "$in" | sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"; }
id=$(field instance) key=$(field idempotency_key) cloud=$1 action=$2
n=0
until mkdir "$cloud/orders/$n" 2>/dev/null; do n=$((n + 1)); done
read -r die_at when < "$cloud/die_at" || die_at=-1
[ "$n" -eq "$die_at" ] && [ "$when" = before ] && kill -9 $PPID && exit 1
case $action in
start)
  [ ! -e "$cloud/gone/$key" ] && mkdir "$cloud/machines/$key" 2>/dev/null && echo "$key" >> "$cloud/starts"
  state=provisioning ;;
stop)
  mv "$cloud/machines/$id".* "$cloud/gone/" 2>/dev/null
  state=gone ;;
*)
  state=ready ;;
esac
[ "$action" = stop ] || ls "$cloud/machines/" | grep -q "^$id\." || state=gone
[ "$n" -eq "$die_at" ] && [ "$when" = after ] && kill -9 $PPID && exit 1
echo "{\"id\":\"vm-$id\",\"state\":\"$state\",\"url\":\"http://$id\",\"running\":0}"
)";

struct InstancesTest : ::testing::Test {
  InstancesTest() {
    program = file("cloud.sh", kCloud);
    ::chmod(program.c_str(), 0700);
    fs::create_directories(cloud() / "machines");
    fs::create_directories(cloud() / "gone");
    die_at("-1 never");
  }
  std::string file(const std::string& name, const std::string& text) const {
    std::ofstream(dir.path() / name) << text;
    return (dir.path() / name).string();
  }
  fs::path cloud() const { return dir.path() / "cloud"; }
  void die_at(const std::string& where) const {
    std::ofstream(cloud() / "die_at") << where << "\n";
    fs::remove_all(cloud() / "orders");
    fs::create_directories(cloud() / "orders");
  }
  std::string fleet() const { return (dir.path() / "fleet").string(); }
  std::vector<std::string> apply(const std::string& plan, std::vector<std::string> more = {}) const {
    std::vector<std::string> words = {
        "instances", "apply", "--plan", file("plan.json", plan), "--dir",        fleet(), "--actuator", "command",
        "--command", program, "--arg",  cloud().string(),        "--min-uptime", "0s"};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }
  // Applies until all is as planned; how often the program was killed.
  int settle(const std::string& plan) const {
    int killed = 0;
    for (int n = 0; n < 12; ++n) {
      const auto ran = run_trine(apply(plan, {"--json"}));
      if (ran.status == -SIGKILL) {
        ++killed;
        continue;
      }
      EXPECT_EQ(ran.status, 0) << ran.err;
      const auto said = nlohmann::json::parse(ran.out, nullptr, false);
      if (said.is_object() && said["settled"] == true) return killed;
    }
    ADD_FAILURE() << "not as planned after 12 passes";
    return killed;
  }
  std::map<std::string, int> starts() const {
    std::map<std::string, int> all;
    std::ifstream in(cloud() / "starts");
    for (std::string key; std::getline(in, key);) ++all[key];
    return all;
  }
  std::vector<std::string> machines() const {
    std::vector<std::string> all;
    for (const auto& f : fs::directory_iterator(cloud() / "machines")) all.push_back(f.path().stem().string());
    std::sort(all.begin(), all.end());
    return all;
  }
  // By state, as `trine instances list` says.
  std::map<std::string, std::vector<std::string>> listed() const {
    const auto ran = run_trine({"instances", "list", "--dir", fleet(), "--json"});
    EXPECT_EQ(ran.status, 0) << ran.err;
    std::map<std::string, std::vector<std::string>> all;
    const auto said = nlohmann::json::parse(ran.out, nullptr, false);
    if (!said.is_object()) return all;
    for (const auto& i : said["instances"]) all[i["state"]].push_back(i["instance"]);
    return all;
  }

  const ledger::testing::TempDir dir;  // in memory: many processes write to it, each to the end
  std::string program;
};

constexpr auto kTwo = R"({"wanted": [{"option": "h100-se", "machines": 2, "eur_per_hour": 2.5}]})";
constexpr auto kOther = R"({"hours": [{"machines": {"4090-fr": 1}}]})";

TEST_F(InstancesTest, CarriesAPlanOutAndSaysWhatItDid) {
  const auto first = run_trine(apply(kTwo));
  EXPECT_EQ(first.status, 0) << first.err;
  EXPECT_NE(first.out.find(" (h100-se): accepted as vm-ins_"), std::string::npos) << first.out;
  EXPECT_NE(first.out.find("under way: 2 provisioning."), std::string::npos) << first.out;
  const auto second = run_trine(apply(kTwo));
  EXPECT_NE(second.out.find("as planned: 2 ready."), std::string::npos) << second.out;
  settle(kOther);
  EXPECT_EQ(starts().size(), 3u);
  EXPECT_EQ(machines(), listed()["ready"]);
  EXPECT_EQ(listed()["stopped"].size(), 2u);
  const auto events = run_trine({"instances", "events", "--dir", fleet(), "--instance", listed()["stopped"][0]});
  for (const char* step : {"request", "accepted", "became_ready", "drain", "drained", "stop", "stopped"})
    EXPECT_NE(events.out.find(fmt::format("  {}", step)), std::string::npos) << step << "\n" << events.out;
}

// The real program, killed by kill -9 before and after each of its orders in turn.
TEST_F(InstancesTest, KilledAtEveryOrderNothingIsLostAndNothingDoubled) {
  settle(kTwo);
  const auto base = dir.path() / "base";
  fs::create_directories(base);
  for (const char* part : {"fleet", "cloud"}) fs::copy(dir.path() / part, base / part, fs::copy_options::recursive);
  for (const char* when : {"before", "after"}) {
    int orders = 0;
    for (;; ++orders) {
      for (const char* part : {"fleet", "cloud"}) {
        fs::remove_all(dir.path() / part);
        fs::copy(base / part, dir.path() / part, fs::copy_options::recursive);
      }
      die_at(fmt::format("{} {}", orders, when));
      const int killed = settle(kOther);
      const auto where = fmt::format("killed {} order {}", when, orders);
      EXPECT_EQ(machines().size(), 1u) << where;
      EXPECT_EQ(machines(), listed()["ready"]) << where;
      EXPECT_EQ(listed()["stopped"].size(), 2u) << where;
      EXPECT_EQ(listed().size(), 2u) << where;
      EXPECT_EQ(starts().size(), 3u) << where;
      for (const auto& [key, n] : starts()) EXPECT_EQ(n, 1) << where << ", " << key;
      if (killed == 0 || HasFailure()) break;
    }
    EXPECT_GT(orders, 8) << "the kills did not reach what is to be tested";
  }
}

TEST_F(InstancesTest, ADryRunShowsWhatWouldBeDoneAndDoesNothing) {
  settle(kTwo);
  die_at("-1 never");
  const auto before = run_trine({"instances", "events", "--dir", fleet()}).out;
  const auto dry =
      run_trine({"instances", "apply", "--plan", file("plan.json", kOther), "--dir", fleet(), "--min-uptime", "0s"});
  EXPECT_EQ(dry.status, 0) << dry.err;
  EXPECT_NE(dry.out.find("(4090-fr): request"), std::string::npos) << dry.out;
  EXPECT_NE(dry.out.find("dry run, nothing was done"), std::string::npos);
  EXPECT_EQ(run_trine({"instances", "events", "--dir", fleet()}).out, before);
  EXPECT_TRUE(fs::is_empty(cloud() / "orders"));
}

TEST_F(InstancesTest, WatchesUntilItIsToldToEnd) {
  const auto plan = apply(kTwo, {"--watch", "100ms", "--json"});
  Background watch(plan);
  for (int n = 0; n < 200; ++n) {
    const auto line = nlohmann::json::parse(watch.line(), nullptr, false);
    ASSERT_TRUE(line.is_object());
    if (line["settled"] == true) break;
  }
  EXPECT_EQ(listed()["ready"].size(), 2u) << "beside the process that works on it";
  const auto other = run_trine(apply(kTwo));
  EXPECT_EQ(other.status, 1);
  EXPECT_NE(other.err.find("is in use by process"), std::string::npos) << other.err;
  EXPECT_EQ(watch.end(SIGTERM), 0);
  EXPECT_EQ(machines(), listed()["ready"]);
}

TEST_F(InstancesTest, SaysWhatIsMissingOrWrong) {
  const auto said = [&](std::vector<std::string> words) {
    const auto ran = run_trine(words);
    EXPECT_NE(ran.status, 0);
    return ran.err;
  };
  const auto plan = file("good.json", kTwo);
  EXPECT_EQ(said({"instances", "list", "--dir", fleet()}),
            fmt::format("trine: There is no fleet in {}; `trine instances apply` makes one.\n", fleet()));
  EXPECT_FALSE(fs::exists(fleet())) << "looking makes nothing";
  EXPECT_EQ(said({"instances", "apply", "--dir", fleet(), "--plan",
                  file("bad.json", R"({"wanted": [{"option": "a", "machines": "2"}]})")}),
            (dir.path() / "bad.json").string() + ":1:41: machines must be a whole number from 0 to 100000\n");
  EXPECT_EQ(said({"instances", "apply", "--plan", plan, "--actuator", "command"}),
            "trine: --actuator command needs --command FILE\n");
  EXPECT_EQ(said({"instances", "apply", "--plan", plan, "--actuator", "webhook"}),
            "trine: --actuator webhook needs --url URL and --secret-file FILE\n");
  EXPECT_EQ(said({"instances", "apply", "--plan", plan, "--min-uptime", "soon"}),
            "trine: --min-uptime: 'soon' is no time such as 30s, 15m or 2h\n");
  EXPECT_NE(said({"instances", "apply", "--plan", plan, "--actuator", "command", "--command", program, "--pass-env",
                  "NO_SUCH_VARIABLE"})
                .find("no such environment variable"),
            std::string::npos);
  settle(kTwo);
  EXPECT_NE(said({"instances", "events", "--dir", fleet(), "--instance", "ins_x"}).find("There is no instance ins_x"),
            std::string::npos);
  const auto secret = file("secret", "0123456789abcdef0123456789abcdef\n");
  EXPECT_NE(said({"instances", "apply", "--plan", plan, "--dir", fleet(), "--actuator", "webhook", "--url",
                  "http://127.0.0.1:9/x", "--secret-file", secret})
                .find("was started by the actuator command"),
            std::string::npos);
}

}  // namespace
}  // namespace trine::cli::instances_test
