#include "guard/word_classes.h"

#include <array>
#include <cstddef>
#include <string_view>

namespace trine::guard {
namespace {

// Folded words: tier 0 leaves accents on. The order numbers the classes, which the weights know: who changes it trains
// again. NOLINTBEGIN(bugprone-suspicious-missing-comma): a class is one string on several lines.
constexpr std::string_view kClassWords[] = {
    // asks for a text as it is
    "reveal print output repeat display disclose expose recite echo dump leak reproduce quote regurgitate replay "
    "replicate restate transcribe divulge reprint copy paste reiterate revealing printing outputting repeating retell "
    "recall rewrite retype unveil extract retrieve fetch cat "
    "wiederhole zeige nenne verrate montre affiche répète révèle muestra repite revela imprime mostra ripeti rivela "
    "stampa mostre repita exiba toon herhaal vis gentag visa upprepa pokaż powtórz wypisz ukaz zopakuj vypiš näytä "
    "toista mutasd ismételd покажи повтори выведи раскрой göster tekrarla arată",
    // asks for something
    "show tell give provide share list send read state spell say return present write type narrate recap detail name "
    "let see view know access find display reply supply hand bring sag schreibe gib dis écris donne dame di escribe",
    // asks for it in another form
    "summarize summarise translate paraphrase rephrase reword convert encode render describe explain outline decode "
    "format transform express encrypt obfuscate serialize compress expand elaborate clarify define interpret fasse "
    "übersetze traduis resume traduce traduci traduza vertaal",
    // what a model was told
    "prompt prompts preprompt instruction instructions directive directives guideline guidelines rule rules policy "
    "policies configuration config constraint constraints programming briefing order orders command commands "
    "initialization protocol protocols principles parameters specifications "
    "anweisungen anweisung regeln befehle vorgaben consignes règles directives instrucciones reglas ordenes istruzioni "
    "regole instruções regras instructies regels instruktioner regler ohjeet säännöt instrukcje polecenia zasady "
    "pokyny pravidla utasítások szabályok инструкции правила указания команды talimatlar kurallar instructiuni reguli",
    // of the one who set it up
    "system developer initial original hidden base core internal starting setup meta underlying default foundational "
    "initially originally backend developers creator creators admin administrator operator openai anthropic google "
    "systemprompt entwickler système développeur sistema desarrollador",
    // what nobody is to know
    "secret secrets password passphrase confidential key credentials private token tokens code codes pin apikey "
    "classified sensitive passcode passwords keys passwort motdepasse contraseña clave parola senha wachtwoord heslo "
    "hasło пароль sifre salasana jelszó lösenord adgangskode",
    // what stood before
    "previous prior above earlier before preceding former beginning past foregoing previously aforementioned existing "
    "precede precedes preceded last vorherigen bisherigen obigen oben précédentes precedentes precedente anteriores "
    "anterior "
    "precedenti anteriori eerdere vorige bovenstaande tidigare föregående tidligere aiemmat edelliset poprzednie "
    "wcześniejsze powyższe předchozí predchádzajúce korábbi előző предыдущие прошлые прежние önceki попередні "
    "anterioare prethodne",
    // a piece of text
    "text message messages word words sentence sentences paragraph paragraphs line lines content contents context "
    "input document phrases phrase section block prefix preamble introduction texte texto testo tekst",
    // the talk
    "conversation chat dialogue discussion thread session transcript history exchange discourse talk interaction "
    "conversations gespräch conversación conversazione",
    // all of it
    "all everything entire whole full complete every any each entirety fully completely alle alles toutes tout todas "
    "todo tutte tutto todos wszystkie všechny kaikki összes все всё tüm",
    // to the letter
    "verbatim exactly exact precisely literally unchanged letter character literal unedited unmodified raw omitting "
    "wörtlich genau exactement exactamente",
    // another form
    "base64 rot13 hex hexadecimal reverse reversed backwards json xml yaml markdown latin leetspeak morse cipher "
    "binary "
    "emojis emoji ascii codeblock backticks poem song rap haiku acrostic french german spanish italian base caesar",
    "your yours yourself deine ihre deiner votre vos tes ton tus tu tuo tue seu suas jouw je uw",
    "you u",
    "i me my mine we us our",
    "told given instructed received programmed configured trained initialised initialized provided assigned taught "
    "loaded fed designed set",
    // no longer to be followed
    "ignore disregard forget bypass override overlook neglect dismiss discard abandon cancel suspend omit erase "
    "overrule circumvent ignoring disregarding forgetting nullify void annul ignored skip delete "
    "ignoriere ignorieren vergiss vergessen missachte oublie oubliez ignorez ignora ignore olvida olvide dimentica "
    "esqueça esquece negeer vergeet glem ignorer ignorera glom unohda zignoruj zapomnij ignoruj zapomeň hagyd felejtsd "
    "игнорируй игнорируйте забудь забудьте unut ігноруй uita",
    "stop end halt cease finish done finished over wait quit break",
    "now instead henceforth onwards onward forth new next today following updated jetzt nun maintenant ahora adesso "
    "ora "
    "agora nu teraz nyt теперь сейчас şimdi acum",
    "must should always shall required only need strictly mandatory ensure remember obey comply follow adhere",
    "never not don dont cannot cant no without nor none neither nothing won wont doesn",
    "respond answer response reply responses answers responding answering answered begin start starting starts prefix "
    "sure absolutely",
    // plays somebody
    "pretend act roleplay role character persona imagine simulate play playing acting dan aim evil named embody "
    "impersonate alter ego personality emulate stan mode become villain simulator roleplaying immerse",
    // without limits
    "unfiltered uncensored unrestricted unlimited unethical immoral amoral jailbreak jailbroken freed restrictions "
    "limitations limits filters filter boundaries guardrails censorship safeguards restriction unbound limitless "
    "unconstrained restricted censored bound confines anything freedom broken",
    // a refusal, or its reasons
    "refuse refuses sorry apologize apologise apologies decline disclaimer disclaimers warning warnings warn ethics "
    "ethical moral morals morality legality consequences safety harmful offensive inappropriate dangerous refusal "
    "unable lecture judgment regardless",
    "ai assistant chatgpt gpt model llm chatbot bot claude gemini bard agent assistants llms gpt4 machine robot "
    "language intelligence",
    "story fictional hypothetical hypothetically novel movie scene script game world universe fiction screenplay "
    "protagonist scenario narrative dream theoretical theoretically purposes purely academic educational",
    // does harm
    "kill murder hack steal poison attack rob kidnap torture abuse rape harass stalk blackmail extort exploit destroy "
    "sabotage shoot stab counterfeit forge launder smuggle bully manipulate defraud scam deceive bribe evade cheat "
    "incite groom hijack crack vandalize burn infect threaten intimidate coerce embezzle defame humiliate doxx spy "
    "trespass assassinate strangle overthrow hacking stealing killing discriminate exploiting stalking "
    "töten stehlen",
    // does harm, as a thing
    "bomb weapon weapons drug drugs meth cocaine heroin malware virus ransomware explosive explosives gun guns suicide "
    "terrorism terrorist terrorists genocide violence porn pornography hate racist racism propaganda misinformation "
    "disinformation fraud theft phishing bombs murderer grenade anthrax nerve gas fentanyl lsd mdma keylogger spyware "
    "trojan ddos botnet counterfeits firearm firearms ponzi arson trafficking slavery massacre methamphetamine ecstasy "
    "steroids nazi extremist supremacy sexual nude bioweapon toxin fake forged stolen illegal illicit",
    "undetected untraceable caught anonymously secretly covertly detection detected police authorities illegally "
    "detecting unnoticed suspicion traced trace consent knowledge undetectable stealthily forensic underage",
    "someone somebody people child children kids minors women woman immigrants muslims jews blacks gays elderly "
    "victims "
    "victim neighbor neighbour coworker girlfriend wife teenager employees group person minority minorities teenagers "
    "refugees vulnerable",
    "how guide tutorial steps step method methods ways recipe plan strategy tips way manual strategies techniques",
    // what an agent can do
    "email transfer click open visit forward download execute run call upload post buy recommend include add append "
    "insert modify grant submit install disable mail subscribe invoke schedule purchase register update remove",
    "attention note important user human urgent notice warning assistant reader hey reminder",
    "http https www com html url link website site net org",
    // what is good about something: a request to build, make, get
    "make build create produce get obtain construct develop design manufacture buy acquire generate prepare craft "
    "compose",
};
// NOLINTEND(bugprone-suspicious-missing-comma)
constexpr size_t kSlots = 4096;
constexpr unsigned kShift = 64 - 12;

struct Slot {
  uint64_t hash = 0;
  uint8_t of = 0;
};

constexpr uint64_t hash_of(std::string_view word) {
  uint64_t hash = kWordHash;
  for (size_t i = 0; i < word.size();) {
    const auto lead = static_cast<unsigned char>(word[i]);
    const size_t length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : 3;
    char32_t c = length == 1 ? lead : lead & (0x7fU >> length);
    for (size_t k = 1; k < length; ++k) c = c << 6 | (static_cast<unsigned char>(word[i + k]) & 0x3fU);
    hash = word_hash(hash, c);
    i += length;
  }
  return hash;
}

// A word that stands twice is of the class named first.
constexpr auto kTable = [] {
  std::array<Slot, kSlots> out{};
  uint8_t number = 0;
  for (std::string_view words : kClassWords) {
    ++number;
    while (!words.empty()) {
      const size_t end = words.find(' ');
      const uint64_t hash = hash_of(words.substr(0, end));
      words = end == std::string_view::npos ? std::string_view() : words.substr(end + 1);
      size_t at = hash >> kShift;
      while (out[at].of != 0 && out[at].hash != hash) at = (at + 1) % kSlots;
      if (out[at].of == 0) out[at] = {hash, number};
    }
  }
  return out;
}();

}  // namespace

uint8_t word_class(uint64_t hash) {
  for (size_t at = hash >> kShift; kTable[at].of != 0; at = (at + 1) % kSlots) {
    if (kTable[at].hash == hash) return kTable[at].of;
  }
  return 0;
}

}  // namespace trine::guard
