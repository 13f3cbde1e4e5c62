// What commands print as JSON, for the pages of a running gateway (web/views.h): made by the same code.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "base/error.h"
#include "gateway/admin/pages.h"
#include "gateway/snapshot.h"
#include "ledger/report.h"

namespace trine::cli {

// All but the budgets read files: on a thread that may block. Each stands beside its command.
Result<std::string> report_json(std::shared_ptr<const gateway::Snapshot> snapshot, const ledger::ReportQuery& query);
Result<std::string> grid_page_json(const gateway::Snapshot& snapshot, Wall now, Wall from, Wall to);
Result<std::string> decisions_json(const std::filesystem::path& ledger);  // newest first
std::string budgets_json(const gateway::Snapshot& snapshot, Wall now);    // by the gateway's own accounts
Result<std::string> watch_json(const std::string& identity_dir);

// A gateway::MakePages.
Result<std::unique_ptr<gateway::Pages>> make_pages(gateway::Pages::Parts parts,
                                                   const std::shared_ptr<const gateway::Snapshot>& snapshot);

}  // namespace trine::cli
