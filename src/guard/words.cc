#include "guard/words.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstring>
#include <string>

#include "guard/decode.h"

namespace trine::guard {
namespace {

constexpr std::string_view kCommon =
    // English
    "the and that have for not with you this but his from they say her she will one all would there their what out "
    "about who get which when make can like time just him know take people into year your good some could them see "
    "other than then now look only come its over think also back after use two how our work first well way even new "
    "want because any these give day most are was were been has had did does doing is it in on of to be as at by we "
    "he do or an my me up so if no go us am may must should shall might here where why please tell show write read "
    "list say said each every such very much many more less long little own same right left high great small large "
    "never always often again before during without within under above below between through against until while "
    "thing things world life hand part child eye woman man place week case point company number group problem fact "
    "be able ask need feel become leave put mean keep let begin seem help talk turn start run move live believe hold "
    "bring happen provide sit stand lose pay meet include continue set learn change lead understand watch follow "
    "stop create speak open walk win offer remember love consider appear buy wait serve die send expect build stay "
    "fall cut reach kill remain answer question word words text letter message following line page book story "
    "another around away both different down end few find found full home house however important interest "
    "last later made name next night nothing off once old order possible public really room since something state "
    "still school system today together too true try used using water were whether whole yes yet young "
    // what attacks talk of
    "ignore disregard forget previous prior earlier above instructions instruction directive directives rules rule "
    "guidelines guideline policy policies prompt prompts system reveal repeat print output verbatim hidden secret "
    "secrets password passwords key keys token tokens credentials credential confidential developer mode admin "
    "administrator root access override bypass disable enable safety filter filters restrictions restriction "
    "limitations unrestricted uncensored jailbreak pretend act roleplay character simulate assistant model language "
    "respond response reply question user human context conversation initial original complete execute command "
    "commands code script file files delete remove download upload email mail address account bank credit card "
    "number money transfer send data database server url link click visit website curl http https exfiltrate leak "
    "bomb bombs weapon weapons gun explosive explosives poison drug drugs meth cocaine malware virus ransomware "
    "hack hacking exploit phishing steal attack kill murder suicide illegal dangerous harmful make build recipe "
    "steps step detailed guide explain describe how hello everything anything nothing must obey evil free "
    "deadly bank plan plans fake forge hate torture terrorist terrorism child violence "
    // German
    "der die das und ist nicht ein eine einen einem einer ich du er sie es wir ihr mit auf von den dem des im zu "
    "auch sich als wie aber oder wenn dann nur noch nach bei aus um wird werden sind war waren haben hat hatte kann "
    "mehr sehr hier dort diese dieser dieses dass bitte alle alles vorherigen anweisungen anweisung ignoriere "
    "ignorieren vergiss zeige zeig gib sage regeln geheim geheimnis passwort "
    // French
    "les des est une pour dans que qui sur pas plus par avec sont nous vous ils elle elles mais comme tout tous "
    "cette ces son ses leur aux ont fait peut instructions ignore ignorez oublie montre affiche secret secrets "
    "toutes "
    // Spanish, Italian, Portuguese
    "los las una por con para como pero sus este esta ese esto todo todos toda todas son fue ser muy desde cuando "
    "donde quien porque ignora instrucciones anteriores olvida muestra clave secreto il che non per una sono del "
    "della con questo questa anche come tutte tutti istruzioni precedenti dimentica mostra segreto uma nao para "
    "mais muito quando voce ele ela isso ignore instrucoes esqueca mostre segredo senha "
    // Dutch, Polish
    "het een van niet zijn voor met dat ook maar naar wordt deze instructies vorige negeer geheim wachtwoord nie "
    "jest sie tak jak ale przez tylko zignoruj polecenia instrukcje haslo ";

constexpr std::string_view kHints =
    "base64 base32 base85 ascii85 hex hexadecimal rot13 rot caesar cipher ciphertext decode decoded decoding decrypt "
    "encode "
    "encoded encoding encrypted reverse reversed backwards backward morse braille binary leet leetspeak atbash "
    "unscramble obfuscated ";

template <class Each>
void each_word(std::string_view words, Each each) {
  for (size_t i = 0; i < words.size();) {
    const size_t end = std::min(words.find(' ', i), words.size());
    if (end > i) each(words.substr(i, end - i));
    i = end + 1;
  }
}

template <class T>
uint64_t read(const char* p) {
  T v;
  std::memcpy(&v, p, sizeof v);
  return v;
}

// 1 to 8 bytes as a number, lower case, without a loop: this runs for every word.
uint64_t load(const char* p, size_t n) {
  uint64_t v = 0;
  if (n == 8) {
    v = read<uint64_t>(p);
  } else if (n >= 4) {
    v = read<uint32_t>(p) | read<uint32_t>(p + n - 4) << 8 * (n - 4);
  } else {
    v = read<uint8_t>(p) | read<uint8_t>(p + n / 2) << 8 * (n / 2) | read<uint8_t>(p + n - 1) << 8 * (n - 1);
  }
  return v | 0x2020202020202020 >> (64 - 8 * n);
}

}  // namespace

uint64_t word_key(std::string_view word) {
  const size_t n = word.size();
  if (n < 2 || n > 16) return 0;
  const uint64_t first = load(word.data(), std::min<size_t>(n, 8));
  const uint64_t last = n > 8 ? load(word.data() + 8, n - 8) : 0;
  return (first ^ std::rotl(last * 0x9E3779B97F4A7C15, 29)) * 0xD6E8FEB86659FD93 + n;
}

const Words& Words::instance() {
  static const Words all;
  return all;
}

Words::Words() : slots_(kSlots) {
  each_word(kCommon, [this](std::string_view w) { add(w, plain); });
  each_word(kHints, [this](std::string_view w) { add(w, plain), add(w, hint); });
  // What is a word both ways says nothing about the way: "was", "on".
  each_word(kCommon, [this](std::string_view w) {
    if (w.size() < 3) return;
    const std::string shifted = shift_letters(w, 13), reversed = reverse_text(w);
    if ((senses(shifted) & plain) == 0) add(shifted, rot13);
    if ((senses(reversed) & plain) == 0) add(reversed, backwards);
  });
}

void Words::add(std::string_view word, Sense sense) {
  const uint64_t key = word_key(word);
  size_t i = key >> 51 & (kSlots - 1);
  while (slots_[i].key != 0 && slots_[i].key != key) i = (i + 1) & (kSlots - 1);
  if (slots_[i].key == 0) {
    ++used_;
    assert(used_ < kSlots * 3 / 4);
    slots_[i].key = key;
  }
  slots_[i].senses |= sense;
}

uint8_t Words::senses(uint64_t key) const {
  if (key == 0) return 0;
  for (size_t i = key >> 51 & (kSlots - 1); slots_[i].key != 0; i = (i + 1) & (kSlots - 1))
    if (slots_[i].key == key) return slots_[i].senses;
  return 0;
}

}  // namespace trine::guard
