#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "guard/pii/scanner.h"
#include "guard/pii/vault.h"
#include "property/guard/id_maker.h"

namespace trine::guard::pii_property_test {
namespace {

using made::Kind;
using made::Random;

// A sentence in each language of the Union; {} is where the label and the number stand.
const std::vector<std::string_view> kCarriers = {
    "Моля, проверете {} до утре.",
    "Prosím zkontrolujte {} do zítřka.",
    "Tjek venligst {} inden i morgen.",
    "Bitte prüfen Sie {} bis morgen.",
    "Παρακαλώ ελέγξτε {} μέχρι αύριο.",
    "Please check {} by tomorrow.",
    "Por favor, compruebe {} para mañana.",
    "Palun kontrollige {} homseks.",
    "Tarkistakaa {} huomiseen mennessä.",
    "Merci de vérifier {} avant demain.",
    "Seiceáil {} roimh amárach, más é do thoil é.",
    "Molimo provjerite {} do sutra.",
    "Kérjük, ellenőrizze: {} holnapig.",
    "Si prega di verificare {} entro domani.",
    "Patikrinkite {} iki rytojaus.",
    "Lūdzu, pārbaudiet {} līdz rītdienai.",
    "Jekk jogħġbok iċċekkja {} sa għada.",
    "Controleer {} vóór morgen.",
    "Proszę sprawdzić {} do jutra.",
    "Por favor, verifique {} até amanhã.",
    "Vă rugăm să verificați {} până mâine.",
    "Prosím skontrolujte {} do zajtra.",
    "Prosimo, preverite {} do jutri.",
    "Kontrollera {} till i morgon.",
};

std::string in_carrier(std::string_view carrier, std::string_view filling) {
  const size_t at = carrier.find("{}");
  return std::string(carrier.substr(0, at)) + std::string(filling) + std::string(carrier.substr(at + 2));
}

const PiiScanner kScanner;

std::vector<PiiSpan> spans_of(std::string_view text) {
  std::vector<PiiSpan> spans;
  kScanner.scan(text, spans);
  return spans;
}

RC_GTEST_PROP(Identifiers, AnyValidOneInAnySpellingIsFoundExactly, (uint64_t seed)) {
  Random random(seed);
  for (const Kind& kind : made::kinds()) {
    const std::string spelled = made::spell(kind, made::make(kind, random), random);
    for (const std::string_view carrier : kCarriers) {
      const std::string filling = std::string(kind.label) + (random.below(2) == 0 ? ": " : " ") + spelled;
      const std::string text = in_carrier(carrier, filling);
      const size_t begin = text.find(filling) + filling.size() - spelled.size();
      const auto spans = spans_of(text);
      RC_LOG() << text << "\n";
      RC_ASSERT(spans.size() == 1U);
      RC_ASSERT(spans[0].type == kind.type);
      RC_ASSERT(spans[0].begin == begin);
      RC_ASSERT(spans[0].end == begin + spelled.size());
    }
  }
}

RC_GTEST_PROP(Identifiers, OneWithAChangedCheckDigitIsNotFound, (uint64_t seed)) {
  Random random(seed);
  for (const Kind& kind : made::kinds()) {
    if (!kind.check_is_last) continue;
    std::string id = made::make(kind, random);
    const char right = id.back();
    while (id.back() == right) id.back() = right >= 'A' ? random.letter() : random.digit();
    const std::string text =
        in_carrier(random.one_of(kCarriers), std::string(kind.label) + " " + made::spell(kind, id, random));
    const auto spans = spans_of(text);
    RC_LOG() << text << "\n";
    RC_ASSERT(std::ranges::none_of(spans, [&](const PiiSpan& s) { return s.type == kind.type; }));
  }
}

// Texts made of what the rules look at, and of bytes that are nothing.
std::string a_text(Random& random) {
  static const std::vector<std::string_view> kPieces = {" ",
                                                        " ",
                                                        " ",
                                                        ". ",
                                                        ", ",
                                                        "-",
                                                        ".",
                                                        "/",
                                                        "+",
                                                        "(",
                                                        ")",
                                                        ":",
                                                        "::",
                                                        "@",
                                                        "<",
                                                        "\n",
                                                        "_",
                                                        "'",
                                                        "é",
                                                        "Ж",
                                                        "\u00a0",
                                                        "\u200b",
                                                        "１",
                                                        "３",
                                                        "\xff",
                                                        "\xef\xbc",
                                                        "\xe2\x80",
                                                        "a",
                                                        "Z",
                                                        "fe80",
                                                        "1",
                                                        "42",
                                                        "0049",
                                                        "2001:db8::17",
                                                        "10.1.2.3",
                                                        "Hauptstraße",
                                                        "rue",
                                                        "de",
                                                        "la",
                                                        "Paix",
                                                        "Via",
                                                        "Roma",
                                                        "Street",
                                                        "Harbour",
                                                        "10115",
                                                        "Berlin",
                                                        "LS1 4AP",
                                                        "DE",
                                                        "RSS",
                                                        "IBAN",
                                                        "BSN",
                                                        "Tel.",
                                                        "order",
                                                        "geboren",
                                                        "PESEL",
                                                        "klient",
                                                        "03.02.1977",
                                                        "12.03.85",
                                                        "2024-11-29 10",
                                                        "2019-2021",
                                                        "1 200 000",
                                                        "card",
                                                        "4111 1111 1111 1111",
                                                        "anna.b",
                                                        "mail.example.org",
                                                        "anna@example.org",
                                                        "word",
                                                        "Wort",
                                                        "x769",
                                                        "<IBAN_1>"};
  std::string text;
  const uint64_t n = random.below(60);
  for (uint64_t i = 0; i < n; ++i) {
    if (random.below(8) != 0) {
      text += random.one_of(kPieces);
      continue;
    }
    const Kind& kind = made::kinds()[random.below(made::kinds().size())];
    text += made::spell(kind, made::make(kind, random), random);
  }
  return text;
}

RC_GTEST_PROP(PiiStream, GivesForEverySplitWhatTheWholeTextGives, (uint64_t seed)) {
  Random random(seed);
  for (int round = 0; round < 20; ++round) {
    // Now and then a text that is longer than the stream's buffer.
    std::string text = a_text(random);
    for (uint64_t more = random.below(8) == 0 ? 10 : 0; more > 0; --more) text += a_text(random);
    const auto whole = spans_of(text);
    const uint64_t longest = 1 + random.below(random.below(2) == 0 ? 4 : 100);
    std::string out;
    std::vector<PiiSpan> spans;
    PiiStream stream(kScanner);
    const auto sink = [&](std::string_view piece, const PiiSpan* span) {
      if (span != nullptr) {
        RC_ASSERT(span->begin == out.size());
        spans.push_back(*span);
      }
      out += piece;
    };
    for (size_t at = 0; at < text.size();) {
      const size_t n = std::min<size_t>(1 + random.below(longest), text.size() - at);
      stream.push(std::string_view(text).substr(at, n), sink);
      at += n;
    }
    stream.finish(sink);
    RC_LOG() << text << "\n";
    RC_ASSERT(out == text);
    RC_ASSERT(spans == whole);
  }
}

RC_GTEST_PROP(PiiScanner, SpansAreInOrderAndInTheText, (const std::string& bytes, uint64_t seed)) {
  Random random(seed);
  const std::string text = a_text(random) + bytes;
  size_t end = 0;
  for (const PiiSpan& s : spans_of(text)) {
    RC_ASSERT(s.begin >= end);
    RC_ASSERT(s.begin < s.end);
    RC_ASSERT(s.end <= text.size());
    end = s.end;
  }
}

RC_GTEST_PROP(Tokens, ComeBackAcrossEverySplit, (uint64_t seed)) {
  Random random(seed);
  const std::string text = a_text(random) + a_text(random);
  PiiVault vault;
  vault.avoid(text);
  std::string sent;
  size_t from = 0;
  for (const PiiSpan& s : spans_of(text)) {
    const std::string token = vault.token(s.type, text.substr(s.begin, s.end - s.begin));
    RC_ASSERT(!token.empty());
    sent.append(text, from, s.begin - from).append(token);
    from = s.end;
  }
  sent.append(text, from);
  PiiRestorer restorer(vault);
  std::string back;
  for (size_t at = 0; at < sent.size();) {
    const size_t n = std::min<size_t>(1 + random.below(6), sent.size() - at);
    restorer.push(std::string_view(sent).substr(at, n), back);
    at += n;
  }
  restorer.finish(back);
  RC_ASSERT(back == text);
}

}  // namespace
}  // namespace trine::guard::pii_property_test
