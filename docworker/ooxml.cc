#include "docworker/ooxml.h"

namespace trine::docworker {

std::map<std::string, std::string> relations(const Zip& zip, const std::string& part, Budget& budget) {
  std::map<std::string, std::string> targets;
  if (!zip.has(part)) return targets;
  const Xml xml(zip.read(part), budget);
  for (const pugi::xml_node r : xml.root().children()) targets[std::string(attribute(r, "Id"))] = attribute(r, "Target");
  return targets;
}

}  // namespace trine::docworker
