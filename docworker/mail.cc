#include "docworker/mail.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "base/text.h"
#include "docworker/encoding.h"
#include "docworker/html.h"
#include "docworker/mime.h"
#include "docworker/plain.h"

namespace trine::docworker {
namespace {

using mime::Entity;

// The same text in each form that the mail has of it.
struct Form {
  std::string plain, html;
};

// The texts one after the other, and what is attached. Filled by walk().
struct Mail {
  std::vector<Form> texts;
  std::vector<std::pair<std::string, std::string>> attachments;  // name, bytes
  std::vector<std::string> left_out;
  bool encrypted = false;
};

std::string text_of(const Entity& e) {
  return to_utf8(mime::decoded_body(e), mime::parameter(e.content_type, "charset"));
}

std::string name_of(const Entity& e, size_t number) {
  std::string name = mime::parameter(e.disposition, "filename");
  if (name.empty()) name = mime::parameter(e.content_type, "name");
  if (name.empty()) name = e.subtype == "rfc822" ? "message.eml" : fmt::format("attachment-{}", number);
  // Only the last part of a path, so that a name cannot pass for one of another document.
  return decode_words(name.substr(name.find_last_of("/\\") + 1));
}

// `forms`: within multipart/alternative, whose parts are forms of one text.
void walk(const Entity& e, int64_t depth, bool forms, Budget& budget, Mail& mail) {
  budget.depth(depth);
  budget.objects();
  if (e.type == "multipart") {
    if (e.subtype == "encrypted") mail.encrypted = true;
    const bool begins = !forms && e.subtype == "alternative";
    if (begins) mail.texts.emplace_back();
    const std::string boundary = mime::parameter(e.content_type, "boundary");
    for (const std::string_view part : mime::parts(e.body, boundary, budget))
      walk(mime::parse(part, budget), depth + 1, forms || begins, budget, mail);
    return;
  }
  if (e.type == "application" && e.subtype.find("pkcs7-mime") != std::string::npos &&
      iequals(mime::parameter(e.content_type, "smime-type"), "enveloped-data")) {
    mail.encrypted = true;
    return;
  }
  const bool attached = iequals(mime::first_word(e.disposition), "attachment");
  if (!attached && e.type == "text" && (e.subtype == "plain" || e.subtype == "html")) {
    if (!forms) mail.texts.emplace_back();
    std::string& to = e.subtype == "html" ? mail.texts.back().html : mail.texts.back().plain;
    budget.unpacked(static_cast<int64_t>(e.body.size()), static_cast<int64_t>(e.body.size()));
    if (!to.empty()) to += '\n';
    to += text_of(e);
    return;
  }
  if (e.subtype == "pgp-signature" || e.subtype == "pkcs7-signature" || e.subtype == "x-pkcs7-signature") return;
  // Pictures that the HTML shows are logos and dots; a scan comes as an attachment.
  if (!attached && e.type == "image" && !e.content_id.empty()) {
    mail.left_out.push_back(name_of(e, mail.left_out.size() + 1));
    return;
  }
  mail.attachments.emplace_back(name_of(e, mail.attachments.size() + 1),
                                e.type == "message" ? std::string(e.body) : mime::decoded_body(e));
}

bool has_table(const std::vector<Block>& blocks) {
  return std::any_of(blocks.begin(), blocks.end(), [](const Block& b) { return b.kind == Block::Kind::table; });
}

size_t letters(const std::vector<Block>& blocks) {
  size_t n = 0;
  for (const Block& b : blocks) {
    n += b.text.size();
    for (const auto& row : b.rows)
      for (const auto& cell : row) n += cell.size();
  }
  return n;
}

std::vector<Block> blocks_of(std::string_view text, bool html, const Limits& limits) {
  Budget budget(limits);
  std::vector<Block> blocks;
  Output out(budget, [&blocks](const documents::Page& page) {
    blocks.insert(blocks.end(), page.blocks.begin(), page.blocks.end());
  });
  out.begin_part({}, Format::text, 0);
  if (html) {
    read_html(text, out);
  } else {
    read_plain(text, out);
  }
  out.end_page();
  return blocks;
}

// multipart/alternative says the same twice: the HTML only where it has tables, or where the plain text is a stub.
void add_text(const Form& text, Output& out) {
  auto plain = blocks_of(text.plain, false, out.budget().limits());
  if (!text.html.empty()) {
    auto html = blocks_of(text.html, true, out.budget().limits());
    if (plain.empty() || (has_table(html) && !has_table(plain)) || letters(plain) * 10 < letters(html) * 6)
      plain = std::move(html);
  }
  for (auto& block : plain) out.add(std::move(block));
}

}  // namespace

void read_mail(std::string_view bytes, Output& out, const Inner& inner) {
  out.begin_page(1);
  const Entity e = mime::parse(bytes, out.budget());
  std::string head;
  for (const auto& [label, value] :
       {std::pair("From", e.from), {"To", e.to}, {"Cc", e.cc}, {"Date", e.date}, {"Subject", e.subject}})
    if (!value.empty()) head += fmt::format("{}{}: {}", head.empty() ? "" : "\n", label, decode_words(value));
  out.paragraph(std::move(head));
  Mail mail;
  walk(e, 1, false, out.budget(), mail);
  if (mail.encrypted && mail.texts.empty() && mail.attachments.size() < 3)
    stop(Problem::encrypted, "an encrypted mail");
  for (const Form& text : mail.texts) add_text(text, out);
  for (const auto& name : mail.left_out) out.image(name);
  std::string list;
  for (const auto& [name, data] : mail.attachments) list += (list.empty() ? "Attachments: " : ", ") + name;
  out.paragraph(std::move(list));
  out.end_page();
  for (const auto& [name, data] : mail.attachments) inner(data, name);
}

}  // namespace trine::docworker
