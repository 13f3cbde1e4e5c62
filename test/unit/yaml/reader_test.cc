#include "yaml/reader.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace trine::yaml::reader_test {
namespace {

using namespace std::chrono_literals;

struct Disk {
  std::string name;
  int64_t bytes = 1024;
  std::vector<std::string> tags;
};

struct Machine {
  std::string host;
  int cores = 4;
  uint16_t port = 80;
  double load = 0.5;
  bool on = true;
  Nanos wait = 30s;
  int colour = 1;
  std::optional<Money> price;
  std::string password;
  std::vector<Disk> disks;
  std::map<std::string, double> weights;
  std::map<std::string, std::string> notes;
  std::map<std::string, Disk> by_name;
  std::optional<Disk> spare;
};

void declare(Fields& f, Disk& d) {
  f.text(required("name", "Its name."), d.name);
  f.size({"bytes", "Its size."}, d.bytes, 1, int64_t{1} << 40);
  f.texts({"tags", "Free words."}, d.tags);
}

void declare(Fields& f, Machine& m) {
  const auto disk = [](Fields& inner, Disk& d) { declare(inner, d); };
  f.text({"host", "Its host name."}, m.host);
  f.integer({"cores", "Cores."}, m.cores, 1, 128);
  f.integer({"port", "Port."}, m.port, 1, 65535);
  f.number({"load", "Load."}, m.load, 0, 1);
  f.boolean({"on", "Switched on."}, m.on);
  f.duration({"wait", "How long."}, m.wait, 1ms, 24h);
  f.choice({"colour", "Colour."}, m.colour, {{"red", 1}, {"green", 2}});
  f.price({"price", "Price."}, m.price);
  f.secret({"password", "Password."}, m.password);
  f.objects({"disks", "Disks."}, m.disks, disk);
  f.number_map({"weights", "Weights."}, m.weights, 0, 10);
  f.text_map({"notes", "Notes."}, m.notes);
  f.named({"by_name", "Disks by name."}, m.by_name, disk);
  f.object({"spare", "A spare disk."}, m.spare, disk);
  f.check([&f, &m] {
    if (m.cores % 2 != 0) f.complain("cores", "must be even.");
  });
}

const Sources& sources() {
  static const Sources s{[](const std::string& name) -> std::optional<std::string> {
                           if (name == "HOST") return "example.org";
                           if (name == "CORES") return "8";
                           if (name == "TOKEN") return "hunter2";
                           if (name == "NESTED") return "${HOST}";
                           return {};
                         },
                         [](const std::string& path) -> Result<std::string> {
                           if (path == "/run/secret") return "from-a-file\r\n";
                           if (path == "/run/empty") return "\n";
                           return fail(Code::not_found, "{}: cannot be opened: No such file or directory.", path);
                         }};
  return s;
}

Result<Machine> machine(std::string_view text) {
  Machine m;
  const auto read = read_text(
      "m.yaml", text, [&](Fields& f) { declare(f, m); }, sources());
  if (!read) return tl::unexpected<Error>(read.error());
  return m;
}

std::string problems(std::string_view text) {
  const auto m = machine(text);
  return m ? "no problem" : m.error().message;
}

TEST(Reader, EveryKindOfValue) {
  const auto m = machine(R"(
host: a.example
cores: 16
port: 8080
load: 0.25
on: false
wait: 1.5h
colour: green
price: 0.35
password: plain
disks:
  - { name: d0, bytes: 32MiB, tags: [fast, "42"] }
  - name: d1
weights: { a: 1, b: 2.5 }
notes: { where: Cannes }
by_name: { x: { name: dx, bytes: 7 } }
spare: { name: s }
)");
  ASSERT_TRUE(m) << m.error().message;
  EXPECT_EQ(m->host, "a.example");
  EXPECT_EQ(m->cores, 16);
  EXPECT_EQ(m->port, 8080);
  EXPECT_EQ(m->load, 0.25);
  EXPECT_FALSE(m->on);
  EXPECT_EQ(m->wait, 90min);
  EXPECT_EQ(m->colour, 2);
  EXPECT_EQ(m->price, euros(0.35));
  EXPECT_EQ(m->password, "plain");
  ASSERT_EQ(m->disks.size(), 2u);
  EXPECT_EQ(m->disks[0].bytes, 32 << 20);
  EXPECT_EQ(m->disks[0].tags, (std::vector<std::string>{"fast", "42"}));
  EXPECT_EQ(m->disks[1].bytes, 1024) << "an absent field keeps its default";
  EXPECT_EQ(m->weights.at("b"), 2.5);
  EXPECT_EQ(m->notes.at("where"), "Cannes");
  EXPECT_EQ(m->by_name.at("x").bytes, 7);
  ASSERT_TRUE(m->spare);
  EXPECT_EQ(m->spare->name, "s");
}

TEST(Reader, AnEmptyFileAndEmptySectionsAreDefaults) {
  for (auto text : {"", "# a comment\n", "---\n", "disks:\nweights:\nspare:\n"}) {
    const auto m = machine(text);
    ASSERT_TRUE(m) << text << m.error().message;
    EXPECT_EQ(m->cores, 4);
    EXPECT_FALSE(m->spare);
  }
}

TEST(Reader, UnknownKeyNamesTheNearestRightOne) {
  EXPECT_EQ(problems("cores: 2\nhots: x\n"), "m.yaml:2:1: unknown key \"hots\"; did you mean \"host\"?");
  EXPECT_EQ(problems("disks:\n  - { name: a, btyes: 4 }\n"),
            "m.yaml:2:16: unknown key \"btyes\" in disks; did you mean \"bytes\"?");
  EXPECT_EQ(problems("spare: { name: a, zzzzzz: 4 }\n"),
            "m.yaml:1:19: unknown key \"zzzzzz\" in spare; the keys here are name, bytes, tags.");
}

TEST(Reader, AMissingKeyIsNotReportedBesideItsMisspelling) {
  EXPECT_EQ(problems("disks:\n  - nmae: a\n"), "m.yaml:2:5: unknown key \"nmae\" in disks; did you mean \"name\"?");
  EXPECT_EQ(problems("disks:\n  - bytes: 5\n"), "m.yaml:2:5: \"name\" is missing in disks.");
}

TEST(Reader, DuplicateKeysAreRefusedTogetherWithTheRest) {
  EXPECT_EQ(problems("host: a\ncores: x\nhost: b\n"),
            "m.yaml:2:8: cores: \"x\" is not a whole number.\n"
            "m.yaml:3:1: \"host\" stands twice in the same map (first at line 1).");
  EXPECT_FALSE(load_text("t", "a: {b: 1, b: 2}"));
}

TEST(Reader, WrongValuesSayWhatWouldBeRight) {
  EXPECT_EQ(problems("cores: 0"), "m.yaml:1:8: cores: \"0\" must be a whole number from 1 to 128.");
  EXPECT_EQ(problems("cores: 1.5"), "m.yaml:1:8: cores: \"1.5\" is not a whole number.");
  EXPECT_EQ(problems("port: 70000"), "m.yaml:1:7: port: \"70000\" must be a whole number from 1 to 65535.");
  EXPECT_EQ(problems("load: nan"), "m.yaml:1:7: load: \"nan\" is not a number.");
  EXPECT_EQ(problems("load: inf"), "m.yaml:1:7: load: \"inf\" is not a number.");
  EXPECT_EQ(problems("load: 2"), "m.yaml:1:7: load: \"2\" must be a number from 0 to 1.");
  EXPECT_EQ(problems("on: yes"), "m.yaml:1:5: on: \"yes\" must be true or false.");
  EXPECT_EQ(problems("wait: 5"), "m.yaml:1:7: wait: \"5\" is not a duration such as 500ms, 30s, 15m, 1h or 7d.");
  EXPECT_EQ(problems("wait: 2d"), "m.yaml:1:7: wait: \"2d\" must be from 1ms to 1d.");
  EXPECT_EQ(problems("colour: gren"), "m.yaml:1:9: colour: \"gren\" is not known; did you mean \"green\"?");
  EXPECT_EQ(problems("colour: mauve"), "m.yaml:1:9: colour: \"mauve\" is not one of red, green.");
  EXPECT_EQ(problems("spare: {name: a, bytes: 3 cows}"),
            "m.yaml:1:25: spare.bytes: \"3 cows\" is not a size such as 16KiB or 32MiB.");
  EXPECT_EQ(problems("host:"), "m.yaml:1:1: host: has no value.");
  EXPECT_EQ(problems("host: ''"), "m.yaml:1:7: host: \"\" must not be empty.");
  EXPECT_EQ(problems("weights: {a: 11}"), "m.yaml:1:14: weights.a: \"11\" must be a number from 0 to 10.");
  for (auto zero : {"price: 0", "price: -1", "price: 1e-12"}) EXPECT_NE(problems(zero), "no problem") << zero;
}

TEST(Reader, WrongShapesSayWhatWouldBeRight) {
  EXPECT_EQ(problems("host: [a]"), "m.yaml:1:7: host: must be one value, not a list.");
  EXPECT_EQ(problems("disks: {name: a}"), "m.yaml:1:8: disks: must be a list of maps.");
  EXPECT_EQ(problems("disks: [a]"), "m.yaml:1:9: disks: each item must be a map.");
  EXPECT_EQ(problems("weights: 3"), "m.yaml:1:10: weights: must be a map.");
  EXPECT_EQ(problems("spare: {name: a, tags: x}"), "m.yaml:1:24: spare.tags: must be a list.");
  EXPECT_EQ(problems("- a\n- b\n"), "m.yaml:1:1: the file must hold a map (key: value).");
}

TEST(Reader, AllProblemsAtOnceInTheOrderOfTheFileAndTwentyAtMost) {
  EXPECT_EQ(problems("wait: x\ncores: y\nhots: z\n").find("m.yaml:1:7"), 0u);
  std::string many;
  for (int i = 0; i < 5000; ++i) many += "unknown" + std::to_string(i) + ": 1\n";
  const std::string text = problems(many);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 20);
  EXPECT_EQ(text.find("m.yaml:1:1: "), 0u);
  EXPECT_TRUE(text.ends_with("m.yaml: and 4980 more.")) << text;
}

TEST(Reader, ChecksRunOnlyOnAMapWithoutOtherProblems) {
  EXPECT_EQ(problems("cores: 3"), "m.yaml:1:8: cores: must be even.");
  EXPECT_EQ(problems("cores: 3\nload: x"), "m.yaml:2:7: load: \"x\" is not a number.");
}

TEST(Reader, VariablesInAnyScalarAreExpandedOnce) {
  EXPECT_EQ(machine("host: a.${HOST}:${CORES}")->host, "a.example.org:8");
  EXPECT_EQ(machine("cores: ${CORES}")->cores, 8);
  EXPECT_EQ(machine("host: ${NESTED}")->host, "${HOST}") << "a variable's text is not expanded again";
  EXPECT_EQ(machine("host: $${HOST}")->host, "${HOST}");
  EXPECT_EQ(machine("host: $5")->host, "$5");
  EXPECT_EQ(problems("host: ${NOPE}"), "m.yaml:1:7: host: the environment variable NOPE is not set.");
  for (auto bad : {"host: ${", "host: ${}", "host: ${a-b}", "host: '${1A}'", "host: ${HOST"})
    EXPECT_NE(problems(bad).find("literal \"${\""), std::string::npos) << bad;
}

TEST(Reader, SecretsComeFromTextVariablesOrFilesAndAreInNoError) {
  EXPECT_EQ(machine("password: ${TOKEN}")->password, "hunter2");
  EXPECT_EQ(machine("password: file:/run/secret")->password, "from-a-file");
  EXPECT_EQ(problems("password: file:/run/nothing"),
            "m.yaml:1:11: password: /run/nothing: cannot be opened: No such file or directory.");
  EXPECT_EQ(problems("password: file:/run/empty"), "m.yaml:1:11: password: is empty.");
  EXPECT_EQ(problems("password: [hunter2]").find("hunter2"), std::string::npos);
  EXPECT_EQ(problems("cores: ${TOKEN}").find("hunter2"), std::string::npos) << "an expanded text is not shown";
  EXPECT_EQ(problems("colour: http://me:hunter2@host/"),
            "m.yaml:1:9: colour: \"http://***@host/\" is not one of red, "
            "green.");
}

TEST(Document, RefusesWhatMakesATreeUnclear) {
  const auto why = [](std::string_view text) {
    const auto d = load_text("t", text);
    return d ? "accepted" : d.error().message;
  };
  EXPECT_EQ(why("a: &x 1\nb: *x\n"), "t:1:4: anchors and aliases are not read here: write the value out.");
  EXPECT_NE(why("a: *x\n"), "accepted");
  EXPECT_EQ(why("a: !!python/object 1"), "t:1:4: tags are not read here: remove the \"!...\".");
  EXPECT_EQ(why("a: 1\n---\nb: 2\n"), "t:2:1: a second document (\"---\"); one per file is read.");
  EXPECT_EQ(why("[a]: 1"), "t:1:1: a key must be plain text.");
  EXPECT_EQ(why(std::string_view("a: 1\nb: \0", 9)), "t:2:4: a NUL byte; this is not a text file.");
  EXPECT_EQ(why("a: [1, 2\nb: 3\n").find("t:2:"), 0u) << why("a: [1, 2\nb: 3\n");
  EXPECT_EQ(why("a: {b: 1"),
            "t:2:1: not valid YAML: did not find expected ',' or '}', while parsing a flow mapping at line 1.");
  EXPECT_EQ(why("a: 1\nb: \xff"), "t:2:4: not valid YAML: invalid leading UTF-8 octet.");
  EXPECT_EQ(why(std::string(kMaxFileBytes + 1, ' ')), "t: larger than 4 MiB.");
  EXPECT_NE(why(std::string(kMaxDepth + 1, '[') + std::string(kMaxDepth + 1, ']')), "accepted");
  EXPECT_EQ(why(std::string(kMaxDepth, '[') + std::string(kMaxDepth, ']')), "accepted");
  EXPECT_NE(why(std::string(1'000'000, '[')), "accepted");
  EXPECT_NE(why(std::string(100'000, '{')), "accepted");
}

TEST(Document, BillionLaughsIsRefusedAtTheFirstAnchor) {
  std::string laughs = "a: &a [lol, lol]\n";
  for (char c = 'b'; c < 'z'; ++c) laughs += fmt::format("{0}: &{0} [*{1}, *{1}]\n", c, static_cast<char>(c - 1));
  const auto d = load_text("t", laughs);
  ASSERT_FALSE(d);
  EXPECT_EQ(d.error().message, "t:1:4: anchors and aliases are not read here: write the value out.");
}

TEST(Document, FilesThatCannotBeReadSayWhy) {
  EXPECT_EQ(load_file("/nonexistent/x.yaml").error().message,
            "/nonexistent/x.yaml: cannot be opened: No such file or directory.");
  EXPECT_EQ(load_file("/").error().message, "/: is a directory, not a file.");
}

TEST(Document, KeepsPositions) {
  const auto d = load_text("t", "a: 1\nb:\n  - x\n  - {c: y}\n");
  ASSERT_TRUE(d);
  const auto* b = d->root.find("b");
  ASSERT_TRUE(b);
  EXPECT_EQ(b->key_mark, (Mark{2, 1}));
  EXPECT_EQ(b->value.items[0].mark, (Mark{3, 5}));
  EXPECT_EQ(b->value.items[1].find("c")->value.mark, (Mark{4, 9}));
}

TEST(Sizes, ReadAndWrittenBack) {
  EXPECT_EQ(parse_size("16KiB"), 16384);
  EXPECT_EQ(parse_size("1.5 MiB"), 1572864);
  EXPECT_EQ(parse_size("2GB"), 2'000'000'000);
  EXPECT_EQ(parse_size("512"), 512);
  for (auto bad : {"", "MiB", "-1", "-1MiB", "1XB", "nanMiB", "1e30GiB"}) EXPECT_FALSE(parse_size(bad)) << bad;
  for (int64_t n : {0l, 1l, 1000l, 16384l, 33554432l, 67108865l}) EXPECT_EQ(parse_size(size_text(n)), n);
  EXPECT_EQ(size_text(32 << 20), "32MiB");
  EXPECT_EQ(duration_text(75s), "75s");
  EXPECT_EQ(duration_text(400 * 24h), "400d");
  EXPECT_EQ(duration_text(1500ms), "1500ms");
  EXPECT_EQ(duration_text(Nanos(1500)), "0.0015ms");
}

}  // namespace
}  // namespace trine::yaml::reader_test
