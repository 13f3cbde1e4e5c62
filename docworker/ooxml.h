// Office Open XML (ECMA-376): Word, Excel and PowerPoint since 2007.
#pragma once

#include <map>
#include <string>

#include "docworker/markup.h"
#include "docworker/output.h"
#include "docworker/zip.h"

namespace trine::docworker {

void read_docx(const Zip& zip, Output& out);
void read_xlsx(const Zip& zip, Output& out);
void read_pptx(const Zip& zip, Output& out);

// What a .rels part says: target by id. Empty where the package has no such part.
std::map<std::string, std::string> relations(const Zip& zip, const std::string& part, Budget& budget);

// The parts alone, for tests and fuzzing.
struct DocxParts {
  std::string document, styles, numbering, footnotes, endnotes;  // XML; "" where there is none
};
void read_docx_body(DocxParts parts, Output& out);

}  // namespace trine::docworker
