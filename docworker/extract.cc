#include "docworker/extract.h"

#include <fmt/format.h>

#include "docworker/csv.h"
#include "docworker/detect.h"
#include "docworker/encoding.h"
#include "docworker/html.h"
#include "docworker/mail.h"
#include "docworker/odf.h"
#include "docworker/ooxml.h"
#include "docworker/plain.h"
#include "docworker/xml.h"
#include "docworker/zip.h"

namespace trine::docworker {
namespace {

// Limits that an inner document used up are used up for the whole job.
bool ends_the_job(Problem problem) {
  return problem == Problem::too_many_objects || problem == Problem::too_much_text ||
         problem == Problem::too_many_pages || problem == Problem::too_compressed;
}

void warn_about_name(const std::string& name, Format found, Output& out) {
  const Format promised = documents::format_of_name(name);
  if (promised == Format::unknown || promised == found) return;
  if (promised == Format::xml && found == Format::invoice_xml) return;
  // A text may hold anything that is text.
  if (promised == Format::text && (found == Format::csv || found == Format::mail || found == Format::xml)) return;
  if (promised == Format::csv && found == Format::text) return;
  out.warn(fmt::format("The name says {}, the contents are {}: read as {}.", documents::name(promised),
                       documents::name(found), documents::name(found)));
}

void read_text_like(std::string_view bytes, const std::string& name, int part, Context& c) {
  const std::string text = to_utf8(bytes);
  if (text.find_first_not_of(" \t\r\n\f") == std::string::npos) stop(Problem::empty);
  const Format format = detect_text(text);
  c.out.set_format(part, format);
  warn_about_name(name, format, c.out);
  const auto inner = [&c](std::string_view data, const std::string& inner_name) { extract_inner(data, inner_name, c); };
  switch (format) {
    case Format::html:
      return read_html(to_utf8(bytes, html_charset(bytes)), c.out);
    case Format::mail:
      return read_mail(bytes, c.out, inner);
    case Format::csv:
      return read_csv(text, c.out);
    case Format::xml:
    case Format::invoice_xml:
      return read_xml(bytes, c.out, inner);
    default:
      return read_plain(text, c.out);
  }
}

}  // namespace

void extract(std::string_view bytes, const std::string& name, Context& c) {
  if (bytes.empty()) stop(Problem::empty);
  const int part = c.out.begin_part(name, Format::unknown, bytes.size());
  const Detected d = detect(bytes);
  if (d.encrypted) stop(Problem::encrypted, d.what);
  if (!d.also.empty()) c.out.warn(fmt::format("Other programs may see {} in the same file.", d.also));
  if (d.what == "text") {
    read_text_like(bytes, name, part, c);
    return c.out.end_page();
  }
  if (d.what == "zip") {
    const Zip zip(bytes, c.out.budget());
    const Detected in = detect_zip(zip.names(), zip.has("mimetype") ? zip.read("mimetype") : std::string());
    if (in.format == Format::unknown) stop(Problem::unsupported, in.what);
    c.out.set_format(part, in.format);
    warn_about_name(name, in.format, c.out);
    switch (in.format) {
      case Format::docx:
        read_docx(zip, c.out);
        break;
      case Format::xlsx:
        read_xlsx(zip, c.out);
        break;
      case Format::pptx:
        read_pptx(zip, c.out);
        break;
      default:
        read_odf(zip, in.format, c.out);
        break;
    }
    return c.out.end_page();
  }
  if (d.format == Format::unknown) stop(Problem::unsupported, d.what);
  c.out.set_format(part, d.format);
  warn_about_name(name, d.format, c.out);
  if (d.format == Format::pdf) {
    read_pdf(bytes, c);
  } else {
    read_image(bytes, d.format, c);
  }
  c.out.end_page();
}

void extract_inner(std::string_view bytes, const std::string& name, Context& c) {
  const int outer = c.out.current_part();
  const std::string outer_name = c.out.document().parts.at(static_cast<size_t>(outer)).name;
  const std::string full = outer_name.empty() ? name : outer_name + "/" + name;
  const auto list_only = [&](std::string why) {
    c.out.note(c.out.begin_part(full, detect(bytes).format, bytes.size()), std::move(why));
    c.out.return_to(outer);
  };
  if (!c.job.attachments) return list_only("the job asks for the document alone");
  if (c.depth >= c.job.limits.attachment_depth) {
    // Matryoshkas are refused, not cut: what is inside might be the point.
    stop(Problem::too_deep,
         fmt::format("documents inside documents, {} levels are allowed", c.job.limits.attachment_depth));
  }
  ++c.depth;
  try {
    extract(bytes, full, c);
  } catch (const Refusal& r) {
    if (ends_the_job(r.problem) || r.problem == Problem::too_deep) throw;
    c.out.note(c.out.current_part(), documents::refuse(r.problem, r.finding).value().message);
    c.out.warn(fmt::format("{} was not read: {}", full, documents::refuse(r.problem, r.finding).value().message));
  }
  --c.depth;
  c.out.return_to(outer);
}

}  // namespace trine::docworker
