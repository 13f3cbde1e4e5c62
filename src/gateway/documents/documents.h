// Stage 3, documents: files and pictures in a request become what a model needs of them (docs/documents.md).
#pragma once

#include <optional>

#include "gateway/exchange.h"
#include "llm/errors.h"
#include "net/task.h"

namespace trine::gateway {

// Puts the text of each file into the body, and smaller pictures; what is not done to a part leaves it as it is. Sets
// x.body, x.scan, x.document_parts and x.spared; x.client_gone where nobody waits any more (then it returns nothing).
// Errors: document_unreadable, documents_busy, documents_off, documents_missing, and those of egress().
net::Task<std::optional<llm::ClientError>> read_documents(Exchange& x);

}  // namespace trine::gateway
