// Shared by the readers of XML: parsing within the budget, and the names without their prefixes.
#pragma once

#include <pugixml.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "docworker/output.h"

namespace trine::docworker {

// "w:p" is "p".
std::string_view local(const pugi::xml_node& node);
std::string_view local(std::string_view name);
// The attribute of this local name, "" if there is none.
std::string_view attribute(const pugi::xml_node& node, std::string_view name);
pugi::xml_node child(const pugi::xml_node& node, std::string_view name);

// An XML document whose elements and depth are counted: readers may recurse over it. pugixml has no entities beyond
// the five of XML and reads no DTD, so nothing expands. Refuses: damaged, too deep, too many objects.
class Xml {
 public:
  // Keeps the text.
  Xml(std::string text, Budget& budget);
  pugi::xml_node root() const { return document_.document_element(); }

 private:
  std::string text_;
  pugi::xml_document document_;
};

// All text below a node, in order.
std::string text_below(const pugi::xml_node& node);

}  // namespace trine::docworker
