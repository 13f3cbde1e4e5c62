// OpenDocument (ISO 26300): text, spreadsheets, presentations.
#pragma once

#include <string>

#include "docworker/output.h"
#include "docworker/zip.h"

namespace trine::docworker {

void read_odf(const Zip& zip, Format format, Output& out);
void read_odf_content(std::string content_xml, Format format, Output& out);

}  // namespace trine::docworker
