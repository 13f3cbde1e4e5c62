// docs/walkthrough.md: the whole way from a vendor's log to the review of a decision, as the page has it.
#include "integration/cli/ledger.h"
#include "integration/cli/page.h"

namespace trine::cli::walkthrough_test {
namespace {

using namespace testing;

TEST(Walkthrough, TheWholeWayAsThePageHasIt) {
  const TempDir dir;
  std::filesystem::create_directory_symlink(TRINE_SOURCE_DIR "/examples", dir.path() / "examples");
  bool served = false;
  const auto traffic = [&](const std::string& comment) {
    if (comment != "traffic") return;
    served = true;
    const auto ledger = open_ledger(dir.path() / "ledger", 16 << 20);
    ASSERT_TRUE(ledger);
    const Taken document{
        .in = 1155, .cached = 0, .out = 211, .joules = 220, .grams = 0.0028, .euros = 3e-5, .simulated = false};
    for (uint64_t n = 1; n <= 2000; ++n)
      write_request(ledger->journal(0), n, "cannes-4090", "FR", system_clock().wall(), document);
    ASSERT_TRUE(ledger->flush());
  };
  const auto ran = run_page(read_page("walkthrough.md"), dir.path().string(), traffic);
  EXPECT_TRUE(served);
  EXPECT_GE(ran.commands, 8);
  EXPECT_GE(ran.quoted, 20);
  // What differs from day to day cannot be quoted.
  int lists = 0, reports = 0;
  for (const auto& [command, printed] : ran.printed) {
    if (command.starts_with("decisions list")) {
      ++lists;
      EXPECT_NE(printed.find(" ada cannes-4090 over frankfurt-a100"), std::string::npos) << printed;
    }
    if (command.starts_with("report")) {
      ++reports;
      EXPECT_NE(printed.find("Saving €"), std::string::npos) << printed;
    }
  }
  EXPECT_GE(lists, 1);
  EXPECT_GE(reports, 1);
}

}  // namespace
}  // namespace trine::cli::walkthrough_test
