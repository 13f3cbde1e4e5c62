"""XML invoices, mail, HTML, CSV and plain text."""
import base64
import quopri
from xml.sax.saxutils import escape

from words import DISCLAIMERS, LANGUAGES


def cii_xml(inv):
    """UN/CEFACT Cross Industry Invoice, the profile that Factur-X embeds."""
    lines = "".join(
        f"<ram:IncludedSupplyChainTradeLineItem><ram:AssociatedDocumentLineDocument><ram:LineID>{n}</ram:LineID></ram:AssociatedDocumentLineDocument>"
        f"<ram:SpecifiedTradeProduct><ram:Name>{escape(text)}</ram:Name></ram:SpecifiedTradeProduct><ram:SpecifiedLineTradeAgreement><ram:NetPriceProductTradePrice>"
        f"<ram:ChargeAmount>{price / 100:.2f}</ram:ChargeAmount></ram:NetPriceProductTradePrice></ram:SpecifiedLineTradeAgreement><ram:SpecifiedLineTradeDelivery>"
        f'<ram:BilledQuantity unitCode="C62">{quantity}</ram:BilledQuantity></ram:SpecifiedLineTradeDelivery><ram:SpecifiedLineTradeSettlement>'
        f"<ram:SpecifiedTradeSettlementLineMonetarySummation><ram:LineTotalAmount>{amount / 100:.2f}</ram:LineTotalAmount>"
        f"</ram:SpecifiedTradeSettlementLineMonetarySummation></ram:SpecifiedLineTradeSettlement></ram:IncludedSupplyChainTradeLineItem>"
        for n, text, quantity, price, amount in inv.lines)
    return ('<?xml version="1.0" encoding="UTF-8"?>\n<rsm:CrossIndustryInvoice xmlns:rsm="urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100" '
            'xmlns:ram="urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100" '
            'xmlns:udt="urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100"><rsm:ExchangedDocumentContext><ram:GuidelineSpecifiedDocumentContextParameter>'
            "<ram:ID>urn:cen.eu:en16931:2017</ram:ID></ram:GuidelineSpecifiedDocumentContextParameter></rsm:ExchangedDocumentContext><rsm:ExchangedDocument>"
            f'<ram:ID>{inv.number}</ram:ID><ram:TypeCode>380</ram:TypeCode><ram:IssueDateTime><udt:DateTimeString format="102">20260512</udt:DateTimeString>'
            f"</ram:IssueDateTime></rsm:ExchangedDocument><rsm:SupplyChainTradeTransaction>{lines}<ram:ApplicableHeaderTradeAgreement><ram:SellerTradeParty>"
            f"<ram:Name>{escape(inv.w['seller'])}</ram:Name><ram:PostalTradeAddress><ram:LineOne>{escape(inv.w['street'])}</ram:LineOne></ram:PostalTradeAddress></ram:SellerTradeParty>"
            f"<ram:BuyerTradeParty><ram:Name>{escape(inv.w['buyer'])}</ram:Name></ram:BuyerTradeParty></ram:ApplicableHeaderTradeAgreement>"
            "<ram:ApplicableHeaderTradeSettlement><ram:InvoiceCurrencyCode>EUR</ram:InvoiceCurrencyCode><ram:SpecifiedTradeSettlementHeaderMonetarySummation>"
            f'<ram:TaxBasisTotalAmount>{inv.net / 100:.2f}</ram:TaxBasisTotalAmount><ram:TaxTotalAmount currencyID="EUR">{inv.vat / 100:.2f}</ram:TaxTotalAmount>'
            f"<ram:GrandTotalAmount>{inv.total / 100:.2f}</ram:GrandTotalAmount><ram:DuePayableAmount>{inv.total / 100:.2f}</ram:DuePayableAmount>"
            "</ram:SpecifiedTradeSettlementHeaderMonetarySummation></ram:ApplicableHeaderTradeSettlement></rsm:SupplyChainTradeTransaction></rsm:CrossIndustryInvoice>\n")


def ubl_xml(inv):
    lines = "".join(
        f'\n  <cac:InvoiceLine>\n    <cbc:ID>{n}</cbc:ID>\n    <cbc:InvoicedQuantity unitCode="C62">{quantity}</cbc:InvoicedQuantity>\n'
        f'    <cbc:LineExtensionAmount currencyID="EUR">{amount / 100:.2f}</cbc:LineExtensionAmount>\n    <cac:Item>\n      <cbc:Name>{escape(text)}</cbc:Name>\n    </cac:Item>\n'
        f'    <cac:Price>\n      <cbc:PriceAmount currencyID="EUR">{price / 100:.2f}</cbc:PriceAmount>\n    </cac:Price>\n  </cac:InvoiceLine>'
        for n, text, quantity, price, amount in inv.lines)
    party = "\n    <cac:Party>\n      <cac:PartyName>\n        <cbc:Name>{}</cbc:Name>\n      </cac:PartyName>\n      <cac:PostalAddress>\n        <cbc:CityName>{}</cbc:CityName>\n" \
            "      </cac:PostalAddress>\n    </cac:Party>"
    return ('<?xml version="1.0" encoding="UTF-8"?>\n<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2" '
            'xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2" xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2">\n'
            f"  <cbc:CustomizationID>urn:cen.eu:en16931:2017</cbc:CustomizationID>\n  <cbc:ID>{inv.number}</cbc:ID>\n  <cbc:IssueDate>2026-05-12</cbc:IssueDate>\n"
            f"  <cbc:InvoiceTypeCode>380</cbc:InvoiceTypeCode>\n  <cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode>\n"
            f"  <cac:AccountingSupplierParty>{party.format(escape(inv.w['seller']), inv.w['city'])}\n  </cac:AccountingSupplierParty>\n"
            f"  <cac:AccountingCustomerParty>{party.format(escape(inv.w['buyer']), inv.w['buyer_city'])}\n  </cac:AccountingCustomerParty>\n"
            f"  <cac:PaymentMeans>\n    <cbc:PaymentMeansCode>30</cbc:PaymentMeansCode>\n    <cac:PayeeFinancialAccount>\n      <cbc:ID>{inv.iban}</cbc:ID>\n    </cac:PayeeFinancialAccount>\n"
            f'  </cac:PaymentMeans>\n  <cac:LegalMonetaryTotal>\n    <cbc:LineExtensionAmount currencyID="EUR">{inv.net / 100:.2f}</cbc:LineExtensionAmount>\n'
            f'    <cbc:PayableAmount currencyID="EUR">{inv.total / 100:.2f}</cbc:PayableAmount>\n  </cac:LegalMonetaryTotal>{lines}\n</Invoice>\n')


def html_table(inv):
    w = inv.w
    rows = "".join(f'<tr style="border-bottom:1px solid #ddd"><td style="padding:4px">{n}</td><td style="padding:4px">{escape(t)}</td><td align="right">{q}</td>'
                   f'<td align="right">{inv.money(a)}</td></tr>' for n, t, q, p, a in inv.lines)
    return (f'<table width="600" cellspacing="0" style="font-family:Arial,sans-serif;font-size:13px"><tr><th>{w["item"]}</th><th>{w["text"]}</th><th>{w["qty"]}</th>'
            f'<th>{w["amount"]}</th></tr>{rows}</table>')


def mail(inv, language):
    """A shop's order mail: the text twice, a reply below, a notice under each."""
    w = inv.w
    intro = f"{w['invoice']} {inv.number}, {w['date']}: {inv.date}. {w['total']}: {inv.money(inv.total)} EUR. {w['customer']}: {inv.customer}."
    quoted = "".join(f"> {line}\n" for line in (f"{w['buyer']}, {w['buyer_city']}", intro, w["thanks"]))
    plain = (f"{intro}\n\n{w['thanks']}\n\n" + "".join(f"{n}  {t}  {q}  {inv.money(a)}\n" for n, t, q, p, a in inv.lines) +
             f"\n{w['seller']}\n{w['street']}, {w['city']}\n\n{DISCLAIMERS[language]}\n\n{w['buyer']}:\n{quoted}")
    html = ('<html><head><style>body{margin:0;padding:0;background:#f4f4f4} .b{color:#333}</style></head><body><div style="display:none">preview</div>'
            f'<table width="100%"><tr><td align="center"><table width="600"><tr><td><p class="b">{escape(intro)}</p><p>{escape(w["thanks"])}</p>{html_table(inv)}'
            f"<p>{escape(w['seller'])}<br>{w['street']}, {w['city']}</p><p><small>{DISCLAIMERS[language]}</small></p></td></tr></table></td></tr></table></body></html>")
    csv = f"{w['item']};{w['text']};{w['qty']};{w['amount']}\r\n" + "".join(f"{n};{t};{q};{inv.money(a)}\r\n" for n, t, q, p, a in inv.lines)
    subject = base64.b64encode(f"{w['invoice']} {inv.number}".encode()).decode()
    text = (f"From: {w['seller'].split()[0].lower().encode('ascii', 'ignore').decode()}@seller.example\r\nTo: buyer@buyer.example\r\nSubject: =?UTF-8?B?{subject}?=\r\nDate: Tue, 12 May 2026 09:15:00 +0200\r\n"
            "MIME-Version: 1.0\r\nReceived: from a.example by b.example; Tue, 12 May 2026 09:15:01 +0200\r\nDKIM-Signature: v=1; a=rsa-sha256; d=seller.example;\r\n b=" + "dGVzdA" * 40 +
            '\r\nContent-Type: multipart/mixed; boundary="m1"\r\n\r\n--m1\r\nContent-Type: multipart/alternative; boundary="a1"\r\n\r\n'
            "--a1\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n" + quopri.encodestring(plain.encode()).decode() +
            "\r\n--a1\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(html.encode()).decode() +
            f"\r\n--a1--\r\n--m1\r\nContent-Type: text/csv; charset=utf-8; name=\"lines.csv\"\r\nContent-Disposition: attachment; filename=\"lines.csv\"\r\n\r\n{csv}\r\n--m1--\r\n")
    baseline = f"Subject: {w['invoice']} {inv.number}\n{plain}\n{html}\n{csv}"
    return text, baseline


def page(inv):
    """A shop's order page with its menus and cookie notice."""
    w = inv.w
    menu = "".join(f'<li><a href="/c/{i}?ref=top&amp;utm_source=menu" class="nav-link nav-link--level-1">{g}</a></li>' for i, g in enumerate(w["goods"]))
    return (f"<!DOCTYPE html><html lang='{inv.language}'><head><meta charset='utf-8'><title>{w['invoice']}</title><script>window.dataLayer=[];function gtag(){{dataLayer.push(arguments)}}"
            f"gtag('js',new Date());</script><style>.nav-link{{color:#123;text-decoration:none}}.grid{{display:grid;grid-template-columns:1fr 3fr}}</style></head><body><nav><ul>{menu}</ul></nav>"
            f"<main class='grid'><h1>{w['invoice']} {inv.number}</h1><dl><dt>{w['date']}</dt><dd>{inv.date}</dd><dt>{w['customer']}</dt><dd>{inv.customer}</dd><dt>{w['seller']}</dt></dl>"
            f"{html_table(inv)}<p>{w['total']}: <strong>{inv.money(inv.total)}</strong></p><p>{w['iban']}: {inv.iban}</p></main><footer><p>{w['terms']}</p></footer></body></html>")


def make(samples, random):
    from paper import Invoice  # paper draws with this module's XML
    for language in ("de", "pl", "nl", "it"):
        inv = Invoice(language, random, 12)
        xml = ubl_xml(inv)
        samples.add(f"ubl-{language}.xml", xml, "text", [(1, "number", inv.number), (1, "seller", inv.w["seller"]), (1, "total", f"{inv.total / 100:.2f}"), (1, "iban", inv.iban),
                                                        (1, "line 5", inv.lines[4][1]), (1, "amount 5", f"{inv.lines[4][4] / 100:.2f}")], baseline=xml)
    inv = Invoice("fr", random, 12)
    xml = cii_xml(inv)
    samples.add("cii-fr.xml", xml, "text", [(1, "number", inv.number), (1, "total", f"{inv.total / 100:.2f}"), (1, "line 5", inv.lines[4][1]), (1, "buyer", inv.w["buyer"])], baseline=xml)
    for language in DISCLAIMERS:
        inv = Invoice(language, random, 6)
        text, baseline = mail(inv, language)
        samples.add(f"mail-{language}.eml", text, "text", [(1, "number", inv.number), (1, "total", inv.money(inv.total)), (1, "customer", inv.customer), (1, "seller", inv.w["seller"]),
                                                          (1, "line 2", inv.lines[1][1]), (1, "amount 6", inv.money(inv.lines[5][4])), (1, "date", inv.date)], baseline=baseline)
    for language in ("en", "es"):
        inv = Invoice(language, random, 15)
        html = page(inv)
        samples.add(f"order-page-{language}.html", html, "text", [(1, "number", inv.number), (1, "date", inv.date), (1, "total", inv.money(inv.total)), (1, "iban", inv.iban),
                                                                 (1, "line 9", inv.lines[8][1])], baseline=html)
    inv = Invoice("pt", random, 20)
    csv = "".join(f'{n};"{t}";{q};{inv.money(a)}\r\n' for n, t, q, p, a in inv.lines)
    samples.add("lines-pt-windows.csv", csv.encode("cp1252"), "text", [(1, "line 4", inv.lines[3][1]), (1, "amount 20", inv.money(inv.lines[19][4]))], baseline=csv)
    inv = Invoice("it", random, 10)
    text = f"{inv.w['invoice']} {inv.number}\r\n{'=' * 70}\r\n\r\n{inv.w['seller']}\r\n{inv.w['street']}\r\n\r\n" + "".join(
        f"{n:6}{t:40}{q:6}{inv.money(a):>18}\r\n" for n, t, q, p, a in inv.lines) + f"{'-' * 70}\r\n{inv.w['total']:52}{inv.money(inv.total):>18}\r\n"
    samples.add("invoice-it-latin1.txt", text.encode("latin-1"), "text", [(1, "number", inv.number), (1, "total", inv.money(inv.total)), (1, "line 7", inv.lines[6][1])], baseline=text)
