#include "docworker/docx_styles.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace trine::docworker {
namespace {

using XmlNode = pugi::xml_node;

constexpr int kMostBases = 10;  // styles that each other are based on may go round
constexpr size_t kMostNumberBytes = 64;

std::optional<int64_t> number_in(const XmlNode& parent, std::string_view name) {
  return parse_int(attribute(child(parent, name), "val"));
}

int level_in(int64_t level) {
  return static_cast<int>(std::clamp<int64_t>(level, 0, 8));
}

}  // namespace

void DocxStyles::learn(const XmlNode& styles) {
  for (const XmlNode n : styles.children()) {
    if (local(n) != "style") continue;
    Style& style = styles_[std::string(attribute(n, "styleId"))];
    std::string name(attribute(child(n, "name"), "val"));
    for (char& c : name)
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
    if (name == "title") style.heading = 1;
    if (name.starts_with("heading "))
      style.heading = static_cast<int>(std::clamp<int64_t>(parse_int(name.substr(8)).value_or(1), 1, 9));
    const XmlNode properties = child(n, "pPr");
    if (const auto outline = number_in(properties, "outlineLvl"); outline && *outline >= 0)
      style.heading = *outline < 9 ? static_cast<int>(*outline) + 1 : 0;
    style.base = attribute(child(n, "basedOn"), "val");
    const XmlNode list = child(properties, "numPr");
    style.list = attribute(child(list, "numId"), "val");
    if (const auto level = number_in(list, "ilvl")) style.level = level_in(*level);
  }
}

int DocxStyles::heading(std::string_view style) const {
  auto it = styles_.find(style);
  for (int i = 0; i < kMostBases && it != styles_.end(); ++i) {
    if (it->second.heading) return *it->second.heading;
    it = styles_.find(it->second.base);
  }
  return 0;
}

std::optional<ListPlace> DocxStyles::list(const XmlNode& properties) const {
  const XmlNode own = child(properties, "numPr");
  std::string list(attribute(child(own, "numId"), "val"));
  std::optional<int> level;
  if (const auto l = number_in(own, "ilvl")) level = level_in(*l);
  auto it = styles_.find(attribute(child(properties, "pStyle"), "val"));
  for (int i = 0; i < kMostBases && it != styles_.end() && (list.empty() || !level); ++i) {
    if (list.empty()) list = it->second.list;
    if (!level) level = it->second.level;
    it = styles_.find(it->second.base);
  }
  if (list == "0" || (list.empty() && !own)) return {};
  return ListPlace{std::move(list), level.value_or(0)};
}

DocxNumbers::Level DocxNumbers::level_of(const XmlNode& lvl) {
  Level level;
  level.start = std::clamp<int64_t>(number_in(lvl, "start").value_or(1), 0, 1'000'000);
  const auto format = attribute(child(lvl, "numFmt"), "val");
  level.numbered = format != "bullet";
  level.capital = format.starts_with("upper");
  if (format.ends_with("Letter")) level.form = Ordinal::letter;
  if (format.ends_with("Roman")) level.form = Ordinal::roman;
  level.text = attribute(child(lvl, "lvlText"), "val").substr(0, kMostNumberBytes);
  return level;
}

void DocxNumbers::learn(const XmlNode& numbering) {
  for (const XmlNode n : numbering.children()) {
    if (local(n) == "abstractNum") {
      Scheme& scheme = schemes_[std::string(attribute(n, "abstractNumId"))];
      for (const XmlNode lvl : n.children()) {
        const auto at = parse_int(attribute(lvl, "ilvl")).value_or(-1);
        if (local(lvl) == "lvl" && at >= 0 && at < static_cast<int64_t>(kLevels))
          scheme.levels[static_cast<size_t>(at)] = level_of(lvl);
      }
    } else if (local(n) == "num") {
      List& list = lists_[std::string(attribute(n, "numId"))];
      list.scheme = attribute(child(n, "abstractNumId"), "val");
      for (const XmlNode change : n.children()) {
        const auto at = parse_int(attribute(change, "ilvl")).value_or(-1);
        if (local(change) == "lvlOverride" && at >= 0 && at < static_cast<int64_t>(kLevels))
          if (const auto start = number_in(change, "startOverride"))
            list.restart[static_cast<size_t>(at)] = std::clamp<int64_t>(*start, 0, 1'000'000);
      }
    }
  }
}

std::string DocxNumbers::next(const ListPlace& place) {
  const auto list = lists_.find(place.list);
  if (list == lists_.end()) return {};
  const auto found = schemes_.find(list->second.scheme);
  if (found == schemes_.end()) return {};
  auto& [levels, now] = found->second;
  const auto at = static_cast<size_t>(level_in(place.level));
  if (const auto begin = std::exchange(list->second.restart[at], std::nullopt)) {
    now[at] = begin;
  } else {
    now[at] = now[at] ? *now[at] + 1 : levels[at].start;
  }
  for (size_t i = 0; i < at; ++i)
    if (!now[i]) now[i] = levels[i].start;
  for (size_t i = at + 1; i < kLevels; ++i) now[i].reset();
  if (!levels[at].numbered) return {};
  std::string out;
  const std::string& text = levels[at].text;
  for (size_t i = 0; i < text.size(); ++i) {
    const size_t level = i + 1 < text.size() ? static_cast<size_t>(text[i + 1] - '1') : kLevels;
    if (text[i] != '%' || level > at) {
      out += text[i];
      continue;
    }
    out += ordinal(*now[level], levels[level].form, levels[level].capital);
    ++i;
  }
  return out;
}

}  // namespace trine::docworker
