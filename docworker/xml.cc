#include "docworker/xml.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "docworker/decode.h"
#include "docworker/encoding.h"
#include "docworker/markup.h"

namespace trine::docworker {
namespace {

using Node = pugi::xml_node;

bool is_element(const Node& n) {
  return n.type() == pugi::node_element;
}

bool is_leaf(const Node& n) {
  return std::none_of(n.begin(), n.end(), [](const Node& c) { return is_element(c); });
}

// Calls act(name, value) for the attributes that a reader needs to understand an element.
template <class Act>
void each_attribute(const Node& n, const Act& act) {
  for (const auto& a : n.attributes()) {
    const std::string_view whole(a.name()), name = local(whole);
    if (whole.starts_with("xmlns") || whole.starts_with("xsi:") || whole.starts_with("xml:") ||
        name.starts_with("list") || name.starts_with("schemeAgency") || name == "format" || name == "languageID" ||
        name == "schemeURI")
      continue;
    if (*a.value() != '\0') act(name, a.value());
  }
}

// Without that of the elements inside.
std::string own_text(const Node& n) {
  std::string text;
  for (const Node& c : n.children()) (text += c.value()) += is_element(c) ? " " : "";  // an element has no value
  return clean(text, true);
}

// The text with the attributes: units, currencies.
std::string value_of(const Node& n) {
  std::string text = own_text(n);
  each_attribute(n, [&](std::string_view name, const char* value) {
    text += (text.empty() ? "" : " ") + (name == "currencyID" || name == "unitCode" || name == "schemeID"
                                             ? std::string(value)
                                             : fmt::format("({}: {})", name, value));
  });
  return text;
}

using Leaves = std::vector<std::pair<std::string, std::string>>;  // path, value

class XmlReader {
 public:
  XmlReader(Output& out, const Inner& inner) : out_(out), inner_(inner) {}

  void section(const Node& root) {
    std::string lines = value_of(root);
    std::map<std::string, int, std::less<>> counts;
    for (const Node n : root.children())
      if (is_element(n)) ++counts[n.name()];
    for (Node n = root.first_child(); n;) {
      if (!is_element(n)) {
        n = n.next_sibling();
      } else if (is_leaf(n)) {
        leaf(std::string(local(n)), n, lines);
        n = n.next_sibling();
      } else if (counts[n.name()] > 1) {
        flush(lines);
        n = repeated(n);
      } else {
        flush(lines);
        lines = label_ = std::string(local(n)) + ':';
        if (const auto value = value_of(n); !value.empty()) (lines += ' ') += value;
        inside({}, n, lines);
        flush(lines);
        n = n.next_sibling();
      }
    }
    flush(lines);
  }

  void attachments() {
    for (const auto& [name, data] : pending_) inner_(data, name);
  }

 private:
  void leaf(const std::string& path, const Node& n, std::string& lines) {
    out_.budget().objects();
    const auto mime = attribute(n, "mimeCode");
    if (!mime.empty() && std::char_traits<char>::length(n.child_value()) > 64) {
      const auto name = attribute(n, "filename");
      pending_.emplace_back(name.empty() ? "attachment" : std::string(name), decode_base64(n.child_value()));
      return;
    }
    std::string value = value_of(n);
    if (value.empty()) return;
    lines += fmt::format("{}{}: {}", lines.empty() ? "" : "\n", path, value);
  }

  // Everything below a node as lines with a path; tables where elements repeat.
  void inside(const std::string& path, const Node& parent, std::string& lines) {
    std::map<std::string, int, std::less<>> counts;
    for (const Node n : parent.children())
      if (is_element(n)) ++counts[n.name()];
    for (Node n = parent.first_child(); n;) {
      if (!is_element(n)) {
        n = n.next_sibling();
        continue;
      }
      const std::string here = path.empty() ? std::string(local(n)) : path + '.' + std::string(local(n));
      if (is_leaf(n)) {
        leaf(here, n, lines);
      } else if (counts[n.name()] > 1) {
        flush(lines);
        n = repeated(n);
        continue;
      } else {
        if (const auto value = value_of(n); !value.empty()) {
          out_.budget().objects();
          lines += fmt::format("{}{}: {}", lines.empty() ? "" : "\n", here, value);
        }
        // A wrapper of one element says nothing: Party.PartyName.Name is Party.Name to a reader.
        const auto elements = std::count_if(n.begin(), n.end(), [](const Node& c) { return is_element(c); });
        inside(elements == 1 && is_leaf(*std::find_if(n.begin(), n.end(), [](const Node& c) { return is_element(c); }))
                   ? path
                   : here,
               n, lines);
      }
      n = n.next_sibling();
    }
  }

  // Siblings of one name from `first` on, as a table with a column for each path below them. Gives the node after.
  Node repeated(Node first) {
    const std::string name = first.name();
    std::vector<Leaves> rows;
    std::vector<std::string> columns;
    Node n = first;
    for (; n; n = n.next_sibling()) {
      if (!is_element(n)) continue;
      if (name != n.name()) break;
      rows.emplace_back();
      collect({}, n, rows.back());
      for (const auto& [path, value] : rows.back())
        if (columns.size() <= kMostColumns && std::find(columns.begin(), columns.end(), path) == columns.end())
          columns.push_back(path);
    }
    out_.paragraph(std::string(local(first)) + ':');
    if (columns.size() > kMostColumns) {
      for (const auto& row : rows) {
        std::string lines;
        for (const auto& [path, value] : row) lines += fmt::format("{}{}: {}", lines.empty() ? "" : "\n", path, value);
        out_.paragraph(std::move(lines));
      }
      return n;
    }
    std::vector<std::vector<std::string>> table;
    table.push_back(columns);
    for (const auto& row : rows) {
      table.emplace_back(columns.size());
      for (const auto& [path, value] : row) {
        std::string& cell =
            table.back()[static_cast<size_t>(std::find(columns.begin(), columns.end(), path) - columns.begin())];
        cell += (cell.empty() ? "" : "; ") + value;
      }
    }
    out_.table(std::move(table));
    return n;
  }

  void collect(const std::string& path, const Node& parent, Leaves& out) {
    if (is_leaf(parent)) {
      std::string line;
      leaf(path, parent, line);
      if (!line.empty()) out.emplace_back(path, line.substr(path.size() + 2));
      return;
    }
    const auto below = [&](std::string_view name) { return (path.empty() ? "" : path + '.') + std::string(name); };
    each_attribute(parent, [&](std::string_view name, const char* value) { out.emplace_back(below(name), value); });
    if (auto text = own_text(parent); !text.empty()) out.emplace_back(path, std::move(text));
    for (const Node n : parent.children())
      if (is_element(n)) collect(below(local(n)), n, out);
  }

  void flush(std::string& lines) {
    if (lines != label_) out_.paragraph(std::move(lines));
    lines.clear();
  }

  static constexpr size_t kMostColumns = 24;
  Output& out_;
  const Inner& inner_;
  std::string label_;  // of the part that is read: alone it says nothing
  std::vector<std::pair<std::string, std::string>> pending_;
};

// What the declaration says, for bytes that are no UTF-8.
std::string charset_of(std::string_view bytes) {
  const std::string_view head = bytes.substr(0, 200);
  const size_t at = head.find("encoding=");
  if (at == std::string_view::npos || at + 10 >= head.size()) return {};
  const size_t end = head.find(head[at + 9], at + 10);
  return end == std::string_view::npos ? std::string() : std::string(head.substr(at + 10, end - at - 10));
}

}  // namespace

void read_xml(std::string_view bytes, Output& out, const Inner& inner) {
  const std::string charset = charset_of(bytes);
  const bool marked = bytes.starts_with("\xFF\xFE") || bytes.starts_with("\xFE\xFF");
  const Xml xml(marked || charset.starts_with("UTF-16") ? to_utf8(bytes) : to_utf8(bytes, charset), out.budget());
  out.heading(1, std::string(local(xml.root())));
  XmlReader reader(out, inner);
  reader.section(xml.root());
  reader.attachments();
}

}  // namespace trine::docworker
