// test/documents_hostile against the real worker: each file is answered, within bounds, and harms nobody else.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include "documents/text.h"
#include "pool_fixture.h"

namespace trine::documents::hostile_test {
namespace {

namespace fs = std::filesystem;

struct HostileFile {
  std::string file, given_name, outcomes;
};

std::vector<HostileFile> make_files(const fs::path& folder) {
  const auto command =
      fmt::format("python3 {}/test/documents_hostile/make_hostile.py {}", TRINE_SOURCE_DIR, folder.string());
  EXPECT_EQ(std::system(command.c_str()), 0) << command;
  std::vector<HostileFile> files;
  std::ifstream in(folder / "index.tsv");
  for (std::string line; std::getline(in, line);) {
    std::istringstream fields(line);
    HostileFile f;
    std::getline(fields, f.file, '\t');
    std::getline(fields, f.given_name, '\t');
    std::getline(fields, f.outcomes, '\t');
    files.push_back(f);
  }
  return files;
}

bool is_among(std::string_view word, std::string_view outcomes) {
  return fmt::format("|{}|", outcomes).find(fmt::format("|{}|", word)) != std::string::npos;
}

TEST(HostileDocuments, EachIsAnsweredWithAReasonAndTheNextJobIsServed) {
  const fs::path folder = fs::path(TRINE_BUILD_DIR) / "documents_hostile";
  const auto files = make_files(folder);
  ASSERT_GE(files.size(), 60u);
  const auto pool = start_pool();
  ASSERT_TRUE(pool);
  Job job;
  job.limits.cpu_s = 5;
  job.limits.wall_ms = 600'000;  // what bounds the time here is the kernel's count of processor time
  for (const HostileFile& f : files) {
    SCOPED_TRACE(f.file);
    std::ifstream in(folder / f.file, std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(in)), {});
    job.name = f.given_name;
    const auto r = pool->extract(job, bytes);
    const std::string outcome = r ? "ok" : name(r.error().problem);
    EXPECT_TRUE(is_among(outcome, f.outcomes))
        << "is " << outcome << ", should be " << f.outcomes << (r ? "" : ": " + r.error().message);
    if (r) {
      EXPECT_LE(r->document.facts.cpu_us, 7'000'000u);
      EXPECT_EQ(text_of(r->document).find("root:"), std::string::npos) << "it read a file of this machine";
    } else {
      EXPECT_TRUE(is_documents(r.error().problem));
      EXPECT_TRUE(r.error().message.ends_with(advice(r.error().problem))) << r.error().message;
    }
    const auto next = pool->extract({}, "still served");
    ASSERT_TRUE(next) << next.error().message;
    ASSERT_EQ(text_of(next->document), "still served");
  }
}

TEST(HostileDocuments, AWrongEndingIsReportedAndTheContentsAreRead) {
  const auto pool = start_pool();
  ASSERT_TRUE(pool);
  Job job;
  job.name = "invoice.pdf";
  const auto r = pool->extract(job, "From: a@b.example\nTo: c@d.example\nSubject: x\n\nTotal 119.00");
  ASSERT_TRUE(r) << r.error().message;
  EXPECT_EQ(r->document.format(), Format::mail);
  ASSERT_EQ(r->document.warnings.size(), 1u);
  EXPECT_EQ(r->document.warnings[0], "The name says pdf, the contents are mail: read as mail.");
}

}  // namespace
}  // namespace trine::documents::hostile_test
