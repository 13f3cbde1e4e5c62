#include "docworker/markup.h"

#include <utility>

namespace trine::docworker {

std::string_view local(std::string_view name) {
  const size_t colon = name.find(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

std::string_view local(const pugi::xml_node& node) {
  return local(std::string_view(node.name()));
}

std::string_view attribute(const pugi::xml_node& node, std::string_view name) {
  for (const auto& a : node.attributes())
    if (local(std::string_view(a.name())) == name) return a.value();
  return {};
}

pugi::xml_node child(const pugi::xml_node& node, std::string_view name) {
  for (const auto& c : node.children())
    if (local(c) == name) return c;
  return {};
}

Xml::Xml(std::string text, Budget& budget) : text_(std::move(text)) {
  const auto result =
      document_.load_buffer_inplace(text_.data(), text_.size(), pugi::parse_default | pugi::parse_ws_pcdata);
  if (!result || !document_.document_element()) stop(Problem::damaged, "its XML is not well formed");
  int64_t depth = 1, nodes = 0;
  // Depth first without recursion: the tree is not trusted yet.
  for (pugi::xml_node at = document_.document_element(); at;) {
    if ((++nodes & 1023) == 0) budget.objects(1024);
    if (at.first_child()) {
      budget.depth(++depth);
      at = at.first_child();
      continue;
    }
    while (at && !at.next_sibling()) {
      at = at.parent();
      --depth;
    }
    at = at.next_sibling();
  }
}

std::string text_below(const pugi::xml_node& node) {
  std::string out;
  struct Collect : pugi::xml_tree_walker {
    std::string* to = nullptr;
    bool for_each(pugi::xml_node& n) override {
      if (n.type() == pugi::node_pcdata || n.type() == pugi::node_cdata) *to += n.value();
      return true;
    }
  } collect;
  collect.to = &out;
  // The walker wants a node that can be written; it only reads.
  pugi::xml_node copy = node;
  copy.traverse(collect);
  return out;
}

}  // namespace trine::docworker
