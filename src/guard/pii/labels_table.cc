// Lower case with accents; the reader leaves them out. Short words are whole words, longer ones often stems.
#include "guard/pii/labels.h"

namespace trine::guard {
namespace {

constexpr Label is(PiiType t) {
  return {bit(t), 0, false};
}
constexpr Label is(std::initializer_list<PiiType> types) {
  Label l;
  for (const PiiType t : types) l.types |= bit(t);
  return l;
}
constexpr Label spoken(std::initializer_list<Language> languages) {
  Label l;
  for (const Language s : languages) l.languages |= bit(s);
  return l;
}
constexpr Label kDenies = {0, 0, true};

// Words for any number of a person: the form of the number has to say which one.
constexpr Label kAnyId = {~TypeMask{0} << static_cast<unsigned>(PiiType::at_svnr), 0, false};

}  // namespace

const std::vector<LabelWords>& label_table() {
  using enum PiiType;
  using Lang = Language;
  static const std::vector<LabelWords> kTable = {
      {"iban*, bank account, account number, bankverbindung, kontonummer, compte, conto, cuenta, rekening, konto, cont",
       is(iban)},
      {"card, cards, credit card*, debit card*, visa, mastercard, amex, maestro, kreditkarte*, carte bancaire, carte "
       "de crédit, "
       "carte bleue, carta di credito, tarjeta*, cartão*, creditcard*, kredietkaart*, karta kredytowa, kart*, "
       "kreditkort*, luottokort*, kreditna*, bankkort*, κάρτα*, πιστωτικ*, карта*, hitelkárty*, bankkárty*, "
       "krediitkaar*, kredītkart*, kredito kort*, card number, cc",
       is(credit_card)},
      {"tel, tel no, phone*, telephone*, telefon*, téléphone*, teléfono*, telefone*, telefoon*, τηλέφων*, τηλ, "
       "телефон*, тел, "
       "mobile*, mobil*, móvil, telemóvel*, cellulare, portable, handy*, gsm, fax, puhelin*, telefoni*, tālru*, "
       "komórk*, call me on, call me at, reach me at, rufnummer, cell no, cell number, office no, office number, "
       "whatsapp, teléf, kontakt tel",
       is(phone)},
      {"born, date of birth, dateofbirth, birth date, birthdate, birthday, dob, geboren, geb, geburtsdatum, "
       "geburtstag, né le, née le, né e le, "
       "date de naissance, nato il, nata il, nato, nata, data di nascita, nacido, nacida, fecha de nacimiento, "
       "data de nascimento, nascido, nascida, geboortedatum, urodzon*, data urodzenia, ur, născut*, data nașterii, "
       "γεννήθηκε, "
       "ημερομηνία γέννησης, γεννημέν*, född, född den, födelsedatum, født, fødselsdato, syntynyt, syntymäaika*, "
       "narozen*, datum narození, narodený, narodená, dátum narodenia, született, születési*, роден*, дата на раждане, "
       "rođen*, "
       "datum rođenja, rojen*, datum rojstva, sündinud, sünniaeg, sünnikuupäev, dzimis*, dzimšanas*, gimęs, gimusi, "
       "gimimo data, twieled, data tat twelid, rugadh, dáta breithe",
       is(date_of_birth)},
      {"vat, vat no, vat number, vat id, vat reg*, tax number, ust id*, ustid*, umsatzsteuer*, uid, mwst*, uid nummer, "
       "tva, n tva, numéro de tva, iva, partita iva, p iva, piva, nif iva, btw*, btw nummer, podatek vat, vat ue, "
       "cod tva, φπα, ддс, moms*, momsnr*, momsregistrerings*, alv*, dič, ič dph, dph, áfa*, közösségi adószám*, "
       "adószám*, "
       "km kr, kmkr*, käibemaks*, pvn*, pvm*, ddv, id za ddv, pdv, pdv id, cvr*, cbl, cáin",
       is({vat_id, el_afm, pl_nip, pt_nif})},
      {"svnr, sv nummer, sozialversicherungsnummer*, versicherungsnummer*, vsnr, sv nr", is({at_svnr, ch_ahv})},
      {"rijksregister*, registre national, numéro national, niss, insz, rrn, nrn, nationalregister*, "
       "rijksregisternummer*, numéro de registre national, nationaal nummer",
       is(be_rrn)},
      {"егн, egn, единен граждански номер", is(bg_egn)},
      {"ahv*, avs, avs nummer, n avs, no avs, numéro avs", is(ch_ahv)},
      {"rodné číslo, rodne cislo, rodného čísla, rodným číslom, r č, rč", is(cz_sk_rc)},
      {"steuer id*, steuerid*, steueridentifikationsnummer*, steuernummer, idnr, identifikationsnummer*, tin, steuer "
       "idnr",
       is(de_steuer_id)},
      {"cpr*, cpr nr, cpr nummer", is(dk_cpr)},
      {"isikukood*, ik", is(ee_isikukood)},
      {"αφμ, α φ μ, afm, φορολογικ* μητρώου, αριθμός φορολογικού μητρώου, φορολογικό μητρώο", is(el_afm)},
      {"αμκα, α μ κ α, amka, κοινωνικής ασφάλισης", is(el_amka)},
      {"dni*, nie, n i e, documento nacional*", is(es_dni_nie)},
      {"nif*, n i f", is({es_dni_nie, pt_nif, vat_id})},
      {"henkilötunnu*, hetu*, sotu*, henkilötietotunn*, personbeteckning*", is(fi_hetu)},
      {"nir, sécurité sociale, sécu, insee, numéro de sécu*, n ss, nss", is(fr_nir)},
      {"nhs*, nhs number", is(gb_nhs)},
      {"nino, national insurance*, ni number", is(gb_nino)},
      {"oib*, osobni identifikacijski*", is(hr_oib)},
      {"adóazonosító*, adójel*, adóazonosítój*", is(hu_adoazonosito)},
      {"taj*, taj szám*, társadalombiztosítás*", is(hu_taj)},
      {"pps*, ppsn*, pps number, upsp, uimhir pps", is(ie_pps)},
      {"codice fiscale, cod fisc, cod fiscale, c f, cf", is({it_codice_fiscale, vat_id})},
      {"asmens kod*, a k", is(lt_asmens_kodas)},
      {"matricule*, numéro d identification national, matrikel*, sozialversicherungs*", is(lu_matricule)},
      {"personas kod*, p k, pers kod*", is(lv_personas_kods)},
      {"bsn*, burgerservicenummer*, sofinummer*, sofi nummer, burgerservice nummer, persoonsnummer", is(nl_bsn)},
      {"nip, nip u, numer nip, nr nip, identyfikacji podatkowej", is({pl_nip, vat_id})},
      {"pesel*", is(pl_pesel)},
      {"contribuinte*, identificação fiscal, número fiscal, n contribuinte", is({pt_nif, vat_id})},
      {"cnp*, cod numeric personal, codul numeric personal", is(ro_cnp)},
      {"cui, c u i, cif, cod fiscal, codul fiscal", is(vat_id)},
      {"personnummer*, personnr, samordningsnummer*, pnr", is(se_personnummer)},
      {"emšo, emso, emšom", is(si_emso)},
      {"davčna*, davčno*, id št", is(vat_id)},
      {"tax id*, tax identification*, tax number, taxpayer*, tin number, national id*, national identity*, national "
       "number, "
       "identity number*, identification number*, id number*, id no, personal number*, personal identification*, "
       "personal code*, personal identity*, social security*, social insurance*, citizen number*, "
       "citizen service number, identity card*, id card, fiscal code*, fiscal number*",
       kAnyId},
      {"personalnummer, ausweisnummer*, personenkennzahl*, numéro fiscal*, identifiant fiscal*, pièce d identité, "
       "número de identificación*, documento de identidad, numero di identificazione*, numer identyfikacyjny*, "
       "identificatienummer*, identifikační číslo*, identifikačné číslo*, cod de identificare*, identitets*, "
       "henkilönumero*, személyi szám*, személyazonosító*, osobní číslo*, osobné číslo*, matični broj*, "
       "identifikacijska številka, αριθμός ταυτότητας, ταυτότητα*, личен номер, identiteettitunnu*, cartão de cidadão, "
       "numru tal identità, karta tal identità, uimhir aitheantais, mokesčių mokėtojo*, nodokļu maksātāj*",
       kAnyId},
      // Numbers of things.
      {"order*, invoice*, tracking*, isbn*, ean*, sku, serial*, version*, build, commit*, hash*, ticket*, reference*, "
       "ref, article*, part number, part no, item*, shipment*, parcel*, batch*, timestamp*, transaction*, revision*, "
       "release*, port, v, uuid, guid, imei*, imsi, epoch, checksum*, barcode*, issn, doi, issue, model*, sn",
       kDenies},
      {"bestell*, rechnung*, auftrag*, sendung*, artikel*, seriennummer*, aktenzeichen*, vorgang*, commande*, "
       "facture*, "
       "colis, numéro de série, référence*, pedido*, factura*, encomenda*, fatura*, ordine*, fattura*, spedizion*, "
       "bestelling*, bestelnummer*, factuur*, ordernummer*, zamówieni*, faktur*, przesyłk*, comand*, παραγγελί*, "
       "τιμολόγι*, поръчк*, фактур*, objednávk*, ordre*, tilaus*, lasku*, tellimus*, arve*, rendelés*, számla*, "
       "narudžb*, račun*, naročil*, pasūtīj*, rēķin*, užsakym*, sąskait*, ordni, ordu, sonrasc*, fattur*",
       kDenies},
      // Common words: the language of what is written here.
      {"това, това е, моят, моето, номер, номерът, клиент*, на, за, моля", spoken({Lang::bg})},
      {"můj, moje, číslo, je, jeho, její, prosím, zákazník*, klient*, pro", spoken({Lang::cs, Lang::sk})},
      {"er, og, mit, min, nummeret, kunden*", spoken({Lang::da})},
      {"ist, und, meine, mein, der, die, das, lautet, bitte, kunde*, herr, frau", spoken({Lang::de})},
      {"το, του, της, μου, είναι, και, πελάτη*, ο, η", spoken({Lang::el})},
      {"the, is, my, and, please, of", spoken({Lang::en, Lang::ga, Lang::mt})},
      {"es, mi, el, la, del, cliente*, y, por favor", spoken({Lang::es})},
      {"minu, on, ja, number, kliendi*, tema, palun", spoken({Lang::et})},
      {"on, ja, minun, asiakkaan, numero, hänen, asiakas*", spoken({Lang::fi})},
      {"est, mon, le, la, les, et, du, client*, numéro, je", spoken({Lang::fr})},
      {"je, moj, broj, molim, klijent*, njegov*", spoken({Lang::hr})},
      {"az, és, vagyok, ügyfél*, száma, kérem, a", spoken({Lang::hu})},
      {"è, il, mio, di, del, della, cliente*, e", spoken({Lang::it})},
      {"yra, mano, ir, kliento, jo, jos, prašome, klientas", spoken({Lang::lt})},
      {"ir, mans, mana, un, klienta, lūdzu, klients, numurs", spoken({Lang::lv})},
      {"is, mijn, de, het, van, een, klant*, en", spoken({Lang::nl})},
      {"jest, mój, moja, numer*, klient*, proszę, to, się, nie, dla, oraz, pani, pana", spoken({Lang::pl})},
      {"é, meu, minha, do, da, cliente*, o, número", spoken({Lang::pt})},
      {"este, meu, mea, clientul*, lui, și, pentru, numărul", spoken({Lang::ro})},
      {"je, moja, moj, številka, stranka, stranke, prosim, za", spoken({Lang::sl})},
      {"är, mitt, och, numret, kund*, för, hans, hennes, det", spoken({Lang::sv})},
  };
  return kTable;
}

}  // namespace trine::guard
