// A table from rows of cells. Internal to the layout.
#pragma once

#include <vector>

#include "documents/document.h"
#include "docworker/layout_rows.h"

namespace trine::docworker::layout {

// Of rows [first, last), which have been divided; divides them on where the table shows more columns than gaps alone.
// Cells of several lines are put together, whether their row's cells begin on one line or are centred.
documents::Block table_of(std::vector<Row>& rows, size_t first, size_t last);

}  // namespace trine::docworker::layout
