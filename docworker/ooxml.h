// Office Open XML (ECMA-376): Word, Excel and PowerPoint since 2007.
#pragma once

#include "docworker/output.h"
#include "docworker/zip.h"

namespace trine::docworker {

void read_docx(const Zip& zip, Output& out);
void read_xlsx(const Zip& zip, Output& out);
void read_pptx(const Zip& zip, Output& out);

// The parts alone, for tests and fuzzing.
void read_docx_body(std::string document_xml, std::string styles_xml, Output& out);

}  // namespace trine::docworker
