// links: docformats
// Office documents: whole ZIP files, and the XML of their parts alone (the first byte chooses).
#include "docformats_fuzz.h"
#include "docworker/odf.h"
#include "docworker/ooxml.h"
#include "docworker/xml.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return trine::docworker::fuzz_reader(data, size, [](std::string_view bytes, trine::docworker::Output& out) {
    using namespace trine::docworker;
    if (bytes.empty()) return;
    const char which = bytes[0];
    if (which == 'P') {
      const Zip zip(bytes, out.budget());
      if (zip.has("word/document.xml")) read_docx(zip, out);
      if (zip.has("xl/workbook.xml")) read_xlsx(zip, out);
      if (zip.has("ppt/presentation.xml")) read_pptx(zip, out);
      if (zip.has("content.xml")) read_odf(zip, Format::ods, out);
      return;
    }
    const std::string xml(bytes.substr(1));
    if (which == 'w') read_docx_body({xml, xml, xml, xml, {}}, out);
    if (which == 'o') read_odf_content(xml, Format::ods, out);
    if (which == 'x') read_xml(xml, out, [](std::string_view, const std::string&) {});
  });
}
