// What is under every mail: reduce.h.
#include <algorithm>
#include <array>
#include <string_view>

#include "documents/fold.h"
#include "documents/reduce.h"
#include "documents/text.h"

namespace trine::documents {
namespace {

// A paragraph is boilerplate when it has both halves of a row: one phrase alone may be what the mail is about.
struct Notice {
  std::string_view subject;
  std::string_view says;
};

constexpr Notice kNotices[] = {
    {"this e-mail", "intended"},
    {"this email", "intended"},
    {"this message", "intended recipient"},
    {"this communication", "intended recipient"},
    {"diese e-mail", "vertrauliche"},
    {"diese nachricht", "vertrauliche"},
    {"ce message", "confidentiel"},
    {"ce courriel", "confidentiel"},
    {"cet e-mail", "confidentiel"},
    {"questo messaggio", "riservat"},
    {"questa e-mail", "riservat"},
    {"la presente e-mail", "riservat"},
    {"este mensaje", "confidencial"},
    {"este correo", "confidencial"},
    {"esta mensagem", "confidencia"},
    {"dit bericht", "vertrouwelijk"},
    {"deze e-mail", "vertrouwelijk"},
    {"niniejsza wiadomo", "poufn"},
    {"ta wiadomo", "poufn"},
    {"tato zpr", "d\xC5\xAFv\xC4\x9Brn"},
    {"detta meddelande", "konfidentiell"},
    {"denne e-mail", "fortrolig"},
    {"before printing", "environment"},
    {"drucken", "umwelt"},
    {"imprimer", "environnement"},
    {"imprimir", "medio ambiente"},
    {"stampare", "ambiente"},
    {"afdruk", "milieu"},
    {"unsubscribe", "click"},
    {"unsubscribe", "newsletter"},
    {"newsletter", "abmelden"},
    {"newsletter", "d\xC3\xA9sinscri"},
};

constexpr std::array<std::string_view, 12> kSentFrom = {"sent from my ",
                                                        "get outlook for ",
                                                        "von meinem iphone gesendet",
                                                        "gesendet von mein",
                                                        "envoy\xC3\xA9 de mon ",
                                                        "inviato da iphone",
                                                        "inviato dal mio ",
                                                        "enviado desde mi ",
                                                        "enviado do meu ",
                                                        "verzonden vanaf mijn ",
                                                        "wys\xC5\x82"
                                                        "ano z ",
                                                        "skickat fr\xC3\xA5n min "};

bool is_boilerplate(const Block& block) {
  if (block.kind != Block::Kind::paragraph || block.text.size() > 4000) return false;
  const std::string text = fold(block.text);
  for (const auto& phrase : kSentFrom)
    if (text.starts_with(phrase) && text.size() < 80) return true;
  return std::any_of(std::begin(kNotices), std::end(kNotices), [&](const Notice& n) {
    return text.find(n.subject) != std::string::npos && text.find(n.says) != std::string::npos;
  });
}

}  // namespace

Dropped drop_boilerplate(Document& d) {
  Dropped dropped;
  for (Page& page : d.pages) {
    const Format format = static_cast<size_t>(page.part) < d.parts.size()
                              ? d.parts[static_cast<size_t>(page.part)].format
                              : Format::unknown;
    if (format != Format::mail && format != Format::html) continue;
    std::erase_if(page.blocks, [&](const Block& block) {
      if (!is_boilerplate(block)) return false;
      dropped.add(block.text);
      return true;
    });
  }
  return dropped;
}

}  // namespace trine::documents
