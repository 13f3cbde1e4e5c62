#include "documents/document_json.h"

#include <optional>

#include "json/read.h"
#include "json/write.h"

namespace trine::documents {
namespace {

void write_page(json::Writer& w, const Page& page) {
  w.object()
      .key("part")
      .value(page.part)
      .key("number")
      .value(page.number)
      .key("ocr")
      .value(page.ocr)
      .key("blocks")
      .array();
  for (const Block& b : page.blocks) {
    w.object().key("kind").value(name(b.kind));
    if (b.level != 0) w.key("level").value(b.level);
    if (b.kind != Block::Kind::table) w.key("text").value(b.text);
    if (b.kind == Block::Kind::table) {
      w.key("rows").array();
      for (const auto& row : b.rows) {
        w.array();
        for (const auto& cell : row) w.value(cell);
        w.end();
      }
      w.end();
    }
    w.end();
  }
  w.end().end();
}

void write_rest(json::Writer& w, const Document& d) {
  w.key("parts").array();
  for (const Part& p : d.parts) {
    w.object().key("name").value(p.name).key("format").value(name(p.format)).key("bytes").value(p.bytes);
    w.key("read").value(p.read).key("note").value(p.note).end();
  }
  w.end().key("warnings").array();
  for (const auto& s : d.warnings) w.value(s);
  w.end().key("facts").object().key("pages").value(d.facts.pages).key("ocr_pages").value(d.facts.ocr_pages);
  w.key("images").value(d.facts.images).key("chars").value(d.facts.chars).key("cpu_us").value(d.facts.cpu_us).end();
}

// The walks below read what a worker says, which a document may have taken over: nothing in it is believed beyond its
// kind and range, and the first thing that is wrong ends the reading.
struct Wrong {
  bool is = false;
  bool operator()(bool good) { return is = is || !good, good; }
};

bool take(const json::Value& v, std::string& out) {
  auto s = v.as_string();
  if (s) out = std::move(*s);
  return s.has_value();
}
bool take(const json::Value& v, bool& out) {
  const auto b = v.as_bool();
  if (b) out = *b;
  return b.has_value();
}
bool take(const json::Value& v, int& out) {
  const auto n = v.as_int();
  if (!n || *n < 0 || *n > 1'000'000'000) return false;
  out = static_cast<int>(*n);
  return true;
}
bool take(const json::Value& v, uint64_t& out) {
  const auto n = v.as_int();
  if (!n || *n < 0) return false;
  out = static_cast<uint64_t>(*n);
  return true;
}

template <class Item, class Read>
bool take_list(const json::Value& v, std::vector<Item>& out, Read read) {
  if (!v.is_array()) return false;
  Wrong wrong;
  const auto walked = json::each_element(v.raw, [&](json::Value e) {
    Item item;
    if (!wrong(read(e, item))) return false;
    out.push_back(std::move(item));
    return true;
  });
  return walked && !wrong.is;
}

template <class Read>
bool take_members(const json::Value& v, Read read) {
  if (!v.is_object()) return false;
  Wrong wrong;
  const auto walked =
      json::each_member(v.raw, [&](std::string_view key, json::Value m) { return wrong(read(key, m)); });
  return walked && !wrong.is;
}

std::optional<Block::Kind> kind_named(std::string_view word) {
  for (int k = 0; k <= static_cast<int>(Block::Kind::image); ++k)
    if (word == name(static_cast<Block::Kind>(k))) return static_cast<Block::Kind>(k);
  return {};
}

bool take_string(const json::Value& v, std::string& out) {
  return take(v, out);
}

bool read_block(const json::Value& v, Block& b) {
  return take_members(v, [&](std::string_view key, const json::Value& m) {
    if (key == "kind") {
      std::string word;
      const auto kind = take(m, word) ? kind_named(word) : std::nullopt;
      if (kind) b.kind = *kind;
      return kind.has_value();
    }
    if (key == "level") return take(m, b.level);
    if (key == "text") return take(m, b.text);
    if (key == "rows")
      return take_list(m, b.rows, [](const json::Value& row, std::vector<std::string>& cells) {
        return take_list(row, cells, take_string);
      });
    return false;
  });
}

bool read_part(const json::Value& v, Part& p) {
  return take_members(v, [&](std::string_view key, const json::Value& m) {
    if (key == "name") return take(m, p.name);
    if (key == "bytes") return take(m, p.bytes);
    if (key == "read") return take(m, p.read);
    if (key == "note") return take(m, p.note);
    std::string word;
    if (key != "format" || !take(m, word)) return false;
    p.format = format_named(word);
    return true;
  });
}

bool read_facts(const json::Value& v, Facts& f) {
  return take_members(v, [&](std::string_view key, const json::Value& m) {
    if (key == "pages") return take(m, f.pages);
    if (key == "ocr_pages") return take(m, f.ocr_pages);
    if (key == "images") return take(m, f.images);
    if (key == "chars") return take(m, f.chars);
    return key == "cpu_us" && take(m, f.cpu_us);
  });
}

}  // namespace

void append_page(std::string& out, const Page& page) {
  json::Writer w(out);
  write_page(w, page);
}

Result<Page> page_of(std::string_view json) {
  Page page;
  const auto value = json::read(json);
  const bool good = value && take_members(*value, [&](std::string_view key, const json::Value& m) {
                      if (key == "part") return take(m, page.part);
                      if (key == "number") return take(m, page.number);
                      if (key == "ocr") return take(m, page.ocr);
                      return key == "blocks" && take_list(m, page.blocks, read_block);
                    });
  if (!good) return fail(Code::data_loss, "a page of the document worker is not of its form");
  return page;
}

std::string end_json(const Document& document, uint64_t resident_bytes) {
  std::string out;
  json::Writer w(out);
  w.object().key("resident_bytes").value(resident_bytes);
  write_rest(w, document);
  w.end();
  return out;
}

Result<void> read_end(std::string_view json, Document& d, uint64_t& resident_bytes) {
  const auto value = json::read(json);
  const bool good = value && take_members(*value, [&](std::string_view key, const json::Value& m) {
                      if (key == "resident_bytes") return take(m, resident_bytes);
                      if (key == "parts") return take_list(m, d.parts, read_part);
                      if (key == "warnings") return take_list(m, d.warnings, take_string);
                      return key == "facts" && read_facts(m, d.facts);
                    });
  if (!good) return fail(Code::data_loss, "the end of a document worker's answer is not of its form");
  for (const Page& p : d.pages)
    if (static_cast<size_t>(p.part) >= d.parts.size())
      return fail(Code::data_loss, "the document worker names a part that it does not list");
  return {};
}

std::string error_json(const DocumentError& error, bool last) {
  std::string out;
  json::Writer(out)
      .object()
      .key("problem")
      .value(name(error.problem))
      .key("message")
      .value(error.message)
      .key("last")
      .value(last)
      .end();
  return out;
}

Result<DocumentError> error_of(std::string_view json, bool& last) {
  DocumentError error;
  const auto value = json::read(json);
  const bool good = value && take_members(*value, [&](std::string_view key, const json::Value& m) {
                      std::string word;
                      if (key == "problem") return take(m, word) && problem_named(word, error.problem);
                      if (key == "last") return take(m, last);
                      return key == "message" && take(m, error.message);
                    });
  if (!good) return fail(Code::data_loss, "an error of the document worker is not of its form");
  return error;
}

std::string to_json(const Document& document) {
  std::string out;
  json::Writer w(out);
  w.object().key("pages").array();
  for (const Page& p : document.pages) write_page(w, p);
  w.end();
  write_rest(w, document);
  w.end();
  return out;
}

}  // namespace trine::documents
