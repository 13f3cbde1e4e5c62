// Lint of boards: by the table of metrics, and by what makes a board readable.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace trine::observe {

// Sentences, each about one panel; empty: nothing to say of the board. Also for files that people have changed, as long
// as their queries are about our metrics: what is not ours is passed over. Errors: invalid_argument, it is no board.
Result<std::vector<std::string>> complaints_of_board(std::string_view json);

// Of one query. Known are the metrics and labels of families(), and the labels that a scraper adds. Variables may stand
// in it ($deployment, $__rate_interval). Pure.
std::vector<std::string> complaints_of_query(std::string_view promql);

}  // namespace trine::observe
