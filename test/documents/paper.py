"""PDF with a text layer: invoices (also Factur-X), contracts, forms, a leaflet in two columns."""
from pdf import Pdf
from web import cii_xml
from words import CLAUSES, LANGUAGES


class Invoice:
    """An invoice's figures, from a seed; amounts as cents, written in the language's way."""

    def __init__(self, language, random, lines):
        self.w = LANGUAGES[language]
        self.language = language
        self.number = f"{language.upper()}-2026-{random.randint(1000, 9999)}"
        self.date = f"{random.randint(1, 28):02}.{random.randint(1, 12):02}.2026" if language != "en" else f"{random.randint(1, 28)} May 2026"
        self.due = f"{random.randint(1, 28):02}.{random.randint(1, 12):02}.2026" if language != "en" else f"{random.randint(1, 28)} June 2026"
        self.customer = f"K-{random.randint(10000, 99999)}"
        self.iban = "XX00 " + " ".join(f"{random.randint(0, 9999):04}" for _ in range(4))
        self.lines = []
        for i in range(lines):
            quantity, price = random.randint(1, 40), random.randint(199, 39999)
            self.lines.append((f"{i + 1:03}", random.choice(self.w["goods"]) + f", {random.choice('ABCDEFGH')}{random.randint(100, 999)}", quantity, price, quantity * price))
        self.net = sum(line[4] for line in self.lines)
        self.vat = (self.net * 20 + 50) // 100
        self.total = self.net + self.vat

    def money(self, cents):
        whole, rest = divmod(cents, 100)
        grouped = f"{whole:,}"
        return f"{grouped}.{rest:02}" if self.language == "en" else f"{grouped.replace(',', '.')},{rest:02}"

    def fields(self, first=1, last=1):
        return [(first, "number", self.number), (first, "date", self.date), (first, "customer", self.customer), (first, "seller", self.w["seller"]),
                (first, "buyer", self.w["buyer"]), (last, "net", self.money(self.net)), (last, "total", self.money(self.total)), (last, "due", self.due),
                (last, "iban", self.iban)]


def draw_invoice(pdf, inv, per_page=22):
    """Letterhead and legal footer on each page, as real ones have. Gives the number of pages."""
    w = inv.w
    pages = [inv.lines[i:i + per_page] for i in range(0, len(inv.lines), per_page)]
    for n, lines in enumerate(pages, 1):
        pdf.page()
        pdf.text(50, 45, w["seller"], 13, bold=True).text(50, 60, f"{w['street']}, {w['city']}", 8).text(545, 45, w["page"].format(n, len(pages)), 8, right=True)
        y = 100
        if n == 1:
            for i, line in enumerate((w["buyer"], w["buyer_city"])):
                pdf.text(50, y + 14 * i, line)
            for i, (label, value) in enumerate(((w["number"], inv.number), (w["date"], inv.date), (w["customer"], inv.customer))):
                pdf.text(330, y + 14 * i, label).text(545, y + 14 * i, value, right=True)
            pdf.text(50, 175, f"{w['invoice']} {inv.number}", 15, bold=True)
            y = 205
        columns = (50, 90, 380, 460, 545)
        for x, label in zip(columns, (w["item"], w["text"], w["qty"], w["price"], w["amount"])):
            pdf.text(x, y, label, 9, bold=True, right=x > 100)
        pdf.rule(50, y + 4, 545, y + 4)
        for number, text, quantity, price, amount in lines:
            y += 15
            pdf.text(50, y, number, 9).text(90, y, text, 9).text(380, y, str(quantity), 9, right=True)
            pdf.text(460, y, inv.money(price), 9, right=True).text(545, y, inv.money(amount), 9, right=True)
        if n == len(pages):
            pdf.rule(300, y + 6, 545, y + 6)
            for label, value in ((w["net"], inv.net), (w["vat"] + " 20 %", inv.vat), (w["total"], inv.total)):
                y += 17
                pdf.text(330, y, label, bold=value == inv.total).text(545, y, inv.money(value), bold=value == inv.total, right=True)
            y += 30
            pdf.text(50, y, f"{w['due']}: {inv.due}").text(330, y, f"{w['iban']}: {inv.iban}")
            pdf.paragraph(50, y + 24, 495, w["thanks"])
        pdf.paragraph(50, 795, 495, w["terms"], 7)
    return len(pages)


def contract(language, random):
    title, clauses = CLAUSES[language]
    w = LANGUAGES[language]
    values = dict(fee=f"{random.randint(10, 99)} {random.randint(100, 999)} EUR", hours=str(random.randint(2, 9)), cap=f"{random.randint(100, 900)} 000 EUR",
                  start=f"{random.randint(1, 28)}.{random.randint(1, 12)}.2027", court=w["city"].split()[-1])
    number = f"V-{random.randint(100000, 999999)}"
    pdf, fields, y, n = Pdf(), [(1, "number", number), (1, "seller", w["seller"])], 2000, 0
    total = 5
    place = {}
    for round_ in range(3):  # parts of the contract, each with its clauses for one site
        for i, (heading, text) in enumerate(clauses):
            if y > 640:
                n += 1
                pdf.page()
                pdf.text(50, 40, f"{title} {number}", 8).text(545, 40, f"{w['seller']} / {w['buyer']}", 8, right=True).rule(50, 46, 545, 46)
                pdf.text(297, 815, w["page"].format(n, total), 8)
                pdf.paragraph(50, 790, 495, w["terms"], 7)
                y = 80
                if n == 1:
                    pdf.text(50, y, title, 18, bold=True).text(50, y + 24, f"{w['seller']}, {w['city']}").text(50, y + 38, f"{w['buyer']}, {w['buyer_city']}")
                    y += 75
            local = dict(values, fee=f"{random.randint(10, 99)} {random.randint(100, 999)} EUR")
            pdf.text(50, y, f"{round_ + 1}.{i + 1} {heading}", 12, bold=True)
            y = pdf.paragraph(50, y + 18, 495, text.format(**local)) + 8
            y = pdf.paragraph(50, y, 495, f"{round_ + 1}.{i + 1}.1 " + text.format(**dict(local, fee="XX")).replace("XX", local["fee"])[: 200 + 13 * i].rsplit(" ", 1)[0] + ".") + 22
            if "{fee}" in text:
                fields.append((n, f"fee of part {round_ + 1}", local["fee"]))
            for name in ("start", "cap", "court"):
                if "{%s}" % name in text and name not in place:
                    place[name] = n
                    fields.append((n, name, values[name]))
    return pdf, fields


def form(language, random):
    """Labels on the left, values on the right, two groups beside each other."""
    w = LANGUAGES[language]
    pdf = Pdf().page()
    pdf.text(50, 60, w["seller"], 16, bold=True)
    fields = []
    rows = [(w["number"], f"F-{random.randint(10000, 99999)}"), (w["date"], f"{random.randint(1, 28)}.7.2026"), (w["customer"], f"C{random.randint(1000, 9999)}"),
            (w["total"], f"{random.randint(100, 999)},{random.randint(10, 99)} EUR"), (w["iban"], f"XX00 {random.randint(1000, 9999)} {random.randint(1000, 9999)}")]
    for i, (label, value) in enumerate(rows):
        pdf.text(50, 110 + 22 * i, label + ":").text(170, 110 + 22 * i, value).rule(168, 113 + 22 * i, 280, 113 + 22 * i)
        fields.append((1, label, value))
    for i, good in enumerate(w["goods"]):
        pdf.text(320, 110 + 22 * i, good).text(545, 110 + 22 * i, f"[{'x' if i % 2 else ' '}]", right=True)
        fields.append((1, f"choice {i}", good))
    pdf.paragraph(50, 260, 495, w["thanks"])
    return pdf, fields


def leaflet(random):
    """General terms in two columns of small print over three pages."""
    pdf, fields = Pdf(), []
    _, clauses = CLAUSES["en"]
    for n in (1, 2, 3):
        pdf.page().text(50, 40, "General Terms of Sale", 8).text(545, 40, f"Page {n} of 3", 8, right=True)
        pdf.paragraph(50, 800, 495, LANGUAGES["en"]["terms"], 7)
        for column in (0, 1):
            y = 80
            for heading, text in clauses[:6]:
                limit = f"{random.randint(1000, 9999)} EUR"
                text = text.format(fee=limit, hours=str(random.randint(2, 99)), cap=limit, start=f"{random.randint(1, 28)} March 2027", court="Sheffield")
                y = pdf.paragraph(50 + 255 * column, y, 235, f"{heading}. {text} Clause {n}{column} of the seller's list of {limit} applies.", 8) + 10
                if heading in ("Fees", "Liability"):
                    fields.append((n, f"{heading} {column}", limit))
                    fields.append((n, f"sentence {heading} {column}", f"Clause {n}{column} of the seller's list of {limit} applies."))
    return pdf, fields


def make(samples, random):
    for language in LANGUAGES:
        inv = Invoice(language, random, 48)
        pdf = Pdf()
        pages = draw_invoice(pdf, inv)
        lines = [(1, "line 3", inv.lines[2][1]), (2, "line 30", inv.money(inv.lines[29][4])), (pages, "line 48", inv.lines[47][1])]
        samples.add(f"invoice-{language}.pdf", pdf.build(), "pdf", inv.fields(1, pages) + lines)
    for language in ("de", "fr"):
        inv = Invoice(language, random, 8)
        pdf = Pdf()
        draw_invoice(pdf, inv)
        xml = cii_xml(inv)
        pdf.attach("factur-x.xml", xml)
        exact = [(1, "exact total", f"{inv.total / 100:.2f}", 1), (1, "exact number", inv.number, 1), (1, "exact seller", inv.w["seller"], 1)]
        samples.add(f"facturx-{language}.pdf", pdf.build(), "pdf", inv.fields() + exact, baseline=xml)
    for language in CLAUSES:
        pdf, fields = contract(language, random)
        samples.add(f"contract-{language}.pdf", pdf.build(), "pdf", fields)
    for language in ("de", "nl", "es"):
        pdf, fields = form(language, random)
        samples.add(f"form-{language}.pdf", pdf.build(), "pdf", fields)
    pdf, fields = leaflet(random)
    samples.add("terms-two-columns.pdf", pdf.build(), "pdf", fields)
