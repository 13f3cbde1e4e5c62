#include <fmt/format.h>

#include "report/drawing.h"
#include "report/escaped.h"
#include "report/page.h"

namespace trine::report {

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '&')
      out += "&amp;";
    else if (c == '"')
      out += "&quot;";
    else if (static_cast<unsigned char>(c) >= 0x20)
      out += c;
  }
  return out;
}

namespace {

constexpr const char* kAnchors[] = {"start", "middle", "end"};

std::string svg(const BarChart& chart) {
  const Drawing d = draw(chart, 760);
  std::string out = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" aria-label=\"{}\" viewBox=\"0 0 {:.0f} {:.0f}\" "
      "font-family=\"Helvetica,Arial,sans-serif\" font-size=\"{:.0f}\">\n",
      escaped(chart.title), d.width, d.height, kLabelSize);
  for (const auto& l : d.lines)
    out += fmt::format("<path d=\"M{:.1f} {:.1f}L{:.1f} {:.1f}\" stroke=\"#d5d8dc\"/>\n", l.x1, l.y1, l.x2, l.y2);
  for (const auto& b : d.boxes)
    out += fmt::format("<rect x=\"{:.2f}\" y=\"{:.2f}\" width=\"{:.2f}\" height=\"{:.2f}\" fill=\"#{:06x}\"/>\n", b.x,
                       b.y, b.width, b.height, colour(b.colour));
  for (const auto& l : d.labels)
    out += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\" fill=\"#555\">{}</text>\n", l.x, l.y,
                       kAnchors[static_cast<size_t>(l.anchor)], escaped(l.text));
  return out + "</svg>\n";
}

constexpr std::string_view kStyle = R"(
body{font:15px/1.5 system-ui,"Segoe UI",Helvetica,Arial,sans-serif;color:#1d2329;background:#fff;max-width:60rem;
 margin:2.5rem auto;padding:0 1.5rem}
h1{font-size:1.9rem;margin:0}h2{font-size:1.2rem;margin:2.2rem 0 .6rem;border-bottom:1px solid #d5d8dc;padding-bottom:.2rem}
.sub{color:#5b6570;margin:.2rem 0 1.5rem}
.facts{display:grid;grid-template-columns:repeat(auto-fill,minmax(15rem,1fr));gap:.8rem;margin:1rem 0}
.fact{border:1px solid #d5d8dc;border-radius:.5rem;padding:.7rem .9rem}
.fact b{display:block;font-size:1.45rem;line-height:1.25}.fact i{font-style:normal;color:#5b6570;font-size:.85rem;display:block}
table{border-collapse:collapse;width:100%;font-size:.84rem;font-variant-numeric:tabular-nums}
th,td{text-align:left;padding:.3rem .5rem;border-bottom:1px solid #e6e8eb;vertical-align:top}
th{color:#5b6570;font-weight:600}.r{text-align:right;white-space:nowrap}tr.t td{font-weight:600;border-top:1px solid #8a939c}
figure{margin:1.2rem 0}figcaption{font-weight:600;margin-bottom:.3rem}svg{width:100%;height:auto}
.scroll{overflow-x:auto}footer{margin-top:2.5rem;color:#5b6570;font-size:.84rem;border-top:1px solid #d5d8dc;padding-top:.6rem}
@media print{body{margin:0;max-width:none}h2,figure,.fact,tr{break-inside:avoid}h2{break-after:avoid}}
)";

struct Html {
  std::string out;
  void operator()(const Heading& h) { out += fmt::format("<h2>{}</h2>\n", escaped(h.text)); }
  void operator()(const Paragraph& p) { out += fmt::format("<p>{}</p>\n", escaped(p.text)); }
  void operator()(const Headlines& h) {
    out += "<div class=\"facts\">\n";
    for (const auto& f : h.facts)
      out += fmt::format("<div class=\"fact\"><b>{}</b>{}<i>{}</i></div>\n", escaped(f.value), escaped(f.what),
                         escaped(f.note));
    out += "</div>\n";
  }
  void operator()(const PageTable& t) {
    out += "<div class=\"scroll\"><table><thead><tr>";
    for (const auto& c : t.columns)
      out += fmt::format("<th{}>{}</th>", c.right ? " class=\"r\"" : "", escaped(c.title));
    out += "</tr></thead><tbody>\n";
    for (size_t r = 0; r < t.rows.size(); ++r) {
      out += r + t.totals >= t.rows.size() ? "<tr class=\"t\">" : "<tr>";
      for (size_t c = 0; c < t.columns.size(); ++c)
        out += fmt::format("<td{}>{}</td>", t.columns[c].right ? " class=\"r\"" : "", escaped(t.rows[r][c]));
      out += "</tr>\n";
    }
    out += "</tbody></table></div>\n";
  }
  void operator()(const BarChart& c) {
    out += fmt::format("<figure><figcaption>{}</figcaption>\n{}</figure>\n", escaped(c.title), svg(c));
  }
};

}  // namespace

std::string to_html(const Page& page) {
  Html html;
  html.out = fmt::format(
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n<meta name=\"viewport\" "
      "content=\"width=device-width\">\n<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
      "style-src 'unsafe-inline'\">\n<title>{0}</title>\n<style>{2}</style></head><body>\n<h1>{0}</h1>\n<p "
      "class=\"sub\">{1}</p>\n",
      escaped(page.title), escaped(page.subtitle), kStyle);
  for (const auto& block : page.blocks) std::visit(html, block);
  return html.out + fmt::format("<footer>{}</footer>\n</body></html>\n", escaped(page.footer));
}

}  // namespace trine::report
