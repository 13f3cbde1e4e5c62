// One line of the audit log as text, both ways. Pure. Internal to protect; the format: docs/formats/audit.md.
#pragma once

#include <string>
#include <string_view>

#include "protect/audit.h"

namespace trine::protect {

inline constexpr size_t kMaxAuditLine = 64 << 10;  // longer details are cut

// With its newline. Sets line.hash.
std::string write_audit_line(AuditLine& line);
// `text` without the newline. The hash is checked against the text. Errors: data_loss, a sentence.
Result<AuditLine> read_audit_line(std::string_view text);

}  // namespace trine::protect
