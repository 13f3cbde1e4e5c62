#include <fmt/format.h>

#include <map>

#include "base/text.h"
#include "docworker/markup.h"
#include "docworker/ooxml.h"

namespace trine::docworker {
namespace {

using Node = pugi::xml_node;

std::string paragraph_text(const Node& p) {
  std::string text;
  for (const Node n : p.children()) {
    if (local(n) == "r" || local(n) == "fld") {
      const size_t from = text.size();
      text += child(n, "t").child_value();
      if (parse_int(attribute(child(n, "rPr"), "baseline")).value_or(0) > 0) mark_raised(text, from);
    }
    if (local(n) == "br") text += '\n';
  }
  return text;
}

std::string body_text(const Node& body) {
  std::string text;
  for (const Node p : body.children()) {
    if (local(p) != "p") continue;
    if (!text.empty()) text += ' ';
    text += paragraph_text(p);
  }
  return text;
}

void read_shapes(const Node& parent, bool notes, Output& out) {
  for (const Node n : parent.children()) {
    const auto name = local(n);
    if (name == "sp") {
      const auto place = attribute(child(child(child(n, "nvSpPr"), "nvPr"), "ph"), "type");
      if (place == "sldNum" || place == "sldImg" || place == "dt") continue;
      const bool title = place == "title" || place == "ctrTitle";
      const Node body = child(n, "txBody");
      if (title && !notes) {
        out.heading(1, body_text(body));
        continue;
      }
      for (const Node p : body.children()) {
        if (local(p) != "p") continue;
        const auto level = parse_int(attribute(child(p, "pPr"), "lvl")).value_or(0);
        const bool item = !notes && (place == "body" || level > 0);
        out.add({item ? Block::Kind::list_item : Block::Kind::paragraph,
                 static_cast<int>(std::clamp<int64_t>(level, 0, 9)),
                 paragraph_text(p),
                 {}});
      }
    } else if (name == "tbl") {
      std::vector<std::vector<std::string>> rows;
      for (const Node tr : n.children()) {
        if (local(tr) != "tr") continue;
        rows.emplace_back();
        for (const Node tc : tr.children())
          if (local(tc) == "tc") rows.back().push_back(body_text(child(tc, "txBody")));
      }
      out.table(std::move(rows));
    } else if (name == "pic") {
      out.image(std::string(attribute(child(child(n, "nvPicPr"), "cNvPr"), "descr")));
    } else if (name == "AlternateContent") {  // the fallback says the same again
      read_shapes(child(n, "Choice") ? child(n, "Choice") : child(n, "Fallback"), notes, out);
    } else if (name != "nvGrpSpPr" && name != "grpSpPr") {
      read_shapes(n, notes, out);
    }
  }
}

// "../notesSlides/notesSlide1.xml" as seen from ppt/slides/.
std::string from_ppt(std::string_view target) {
  if (target.starts_with('/')) return std::string(target.substr(1));
  if (target.starts_with("../")) target.remove_prefix(3);
  return fmt::format("ppt/{}", target);
}

}  // namespace

void read_pptx(const Zip& zip, Output& out) {
  Budget& budget = out.budget();
  const Xml presentation(zip.read("ppt/presentation.xml"), budget);
  const auto targets = relations(zip, "ppt/_rels/presentation.xml.rels", budget);
  int number = 0;
  for (const Node id : child(presentation.root(), "sldIdLst").children()) {
    const auto target = targets.find(id.attribute("r:id").value());
    const std::string path =
        target != targets.end() ? from_ppt(target->second) : fmt::format("ppt/slides/slide{}.xml", number + 1);
    out.begin_page(++number);
    if (!zip.has(path)) {
      out.warn(fmt::format("Slide {} is missing from the file.", number));
      continue;
    }
    const Xml slide(zip.read(path), budget);
    read_shapes(slide.root(), false, out);
    const std::string file = path.substr(path.rfind('/') + 1);
    const auto beside = relations(zip, "ppt/slides/_rels/" + file + ".rels", budget);
    const auto read_beside = [&](std::string_view folder, bool notes) {
      for (const auto& [rel, rel_target] : beside) {
        if (rel_target.find(folder) == std::string::npos || !zip.has(from_ppt(rel_target))) continue;
        const Xml xml(zip.read(from_ppt(rel_target)), budget);
        read_shapes(xml.root(), notes, out);
      }
    };
    read_beside("diagrams/drawing", false);  // SmartArt, as it was drawn last
    read_beside("notesSlide", true);
  }
}

}  // namespace trine::docworker
