"""DOCX, XLSX, PPTX, ODT, ODS: small files as their programs write them. Their cost without preparation is their text."""
import io
import zipfile
from xml.sax.saxutils import escape

from words import CLAUSES, LANGUAGES

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
S = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
P = 'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" ' \
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
O = ('xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" '
     'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0"')
TYPES = ("[Content_Types].xml", '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>')


def pack(entries):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as z:
        for name, data in entries:
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            z.writestr(info, data)
    return out.getvalue()


def paragraph(text, style=None, extra=""):
    properties = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    half = len(text) // 2  # programs cut text into runs anywhere
    return f"<w:p>{properties}<w:r>{extra}<w:t xml:space='preserve'>{escape(text[:half])}</w:t></w:r><w:r><w:rPr><w:b/></w:rPr><w:t xml:space='preserve'>{escape(text[half:])}</w:t></w:r></w:p>"


def docx_letter(language, random):
    w = LANGUAGES[language]
    title, clauses = CLAUSES[language]
    number, fee = f"L-{random.randint(10000, 99999)}", f"{random.randint(1000, 9999)} EUR"
    rows = "".join("<w:tr>" + "".join(f"<w:tc>{paragraph(c)}</w:tc>" for c in (str(i + 1), g, f"{random.randint(10, 99)},00")) + "</w:tr>" for i, g in enumerate(w["goods"]))
    body = [paragraph(title, "Heading1"), paragraph(f"{w['number']}: {number}"), f"<w:tbl>{rows}</w:tbl>"]
    text = [title, f"{w['number']}: {number}"]
    for n, (heading, clause) in enumerate(clauses):
        clause = clause.format(fee=fee, hours="4", cap="90 000 EUR", start="1.1.2027", court=w["city"])
        body += [paragraph(heading, "Heading2", "<w:br w:type='page'/>" if n == 4 else ""), paragraph(clause)]
        text += [heading, clause]
    styles = f'<w:styles {W}><w:style w:styleId="Heading1"><w:name w:val="heading 1"/></w:style><w:style w:styleId="Heading2"><w:name w:val="heading 2"/></w:style></w:styles>'
    data = pack([TYPES, ("word/document.xml", f"<w:document {W}><w:body>{''.join(body)}</w:body></w:document>"), ("word/styles.xml", styles),
                 ("word/header1.xml", f"<w:hdr {W}>{paragraph(w['seller'])}</w:hdr>"), ("word/footer1.xml", f"<w:ftr {W}>{paragraph(w['terms'])}</w:ftr>")])
    fields = [(1, "number", number), (1, "fee", fee), (1, "seller", w["seller"]), (1, "goods", w["goods"][2]), (2, "start", "1.1.2027")]
    return data, fields, "\n".join([w["seller"], *text, *(g for g in w["goods"]), w["terms"]])


def xlsx_prices(random):
    w = LANGUAGES["en"]
    strings, rows, fields, text = [], [], [], []
    for i in range(40):
        name, price, day = f"{random.choice(w['goods'])} {random.randint(100, 999)}", random.randint(100, 99999) / 100, 46000 + i
        strings.append(name)
        rows.append(f'<row r="{i + 1}"><c r="A{i + 1}" t="s"><v>{i}</v></c><c r="B{i + 1}" s="1"><v>{price}</v></c><c r="D{i + 1}" s="2"><v>{day}</v></c></row>')
        text.append(f"{name} {price:.2f} {day}")
        if i in (3, 39):
            fields += [(1, f"name {i}", name), (1, f"price {i}", f"{price:.2f}")]
    fields.append((1, "date 0", "2025-12-09"))
    data = pack([TYPES, ("xl/workbook.xml", f'<workbook {S} xmlns:r="r"><sheets><sheet name="Prices 2026" sheetId="1" r:id="rId1"/></sheets></workbook>'),
                 ("xl/_rels/workbook.xml.rels", '<Relationships><Relationship Id="rId1" Target="worksheets/sheet1.xml"/></Relationships>'),
                 ("xl/styles.xml", f'<styleSheet {S}><cellXfs><xf numFmtId="0"/><xf numFmtId="2"/><xf numFmtId="14"/></cellXfs></styleSheet>'),
                 ("xl/sharedStrings.xml", f"<sst {S}>" + "".join(f"<si><t>{escape(s)}</t></si>" for s in strings) + "</sst>"),
                 ("xl/worksheets/sheet1.xml", f"<worksheet {S}><sheetData>{''.join(rows)}</sheetData></worksheet>")])
    return data, fields + [(1, "sheet", "Prices 2026")], "\n".join(text)


def pptx_review(random):
    w = LANGUAGES["en"]
    entries, slides, rels, fields, text = [TYPES], "", "", [], []
    for n in range(1, 5):
        target = f"{random.randint(100, 999)} units"
        shapes = (f'<p:sp><p:nvSpPr><p:nvPr><p:ph type="title"/></p:nvPr></p:nvSpPr><p:txBody><a:p><a:r><a:t>Quarter {n} review</a:t></a:r></a:p></p:txBody></p:sp>'
                  f"<p:sp><p:nvSpPr><p:nvPr/></p:nvSpPr><p:txBody><a:p><a:r><a:t>Target: </a:t></a:r><a:r><a:t>{target}</a:t></a:r></a:p></p:txBody></p:sp>"
                  f"<p:sp><p:nvSpPr><p:nvPr/></p:nvSpPr><p:txBody><a:p><a:r><a:t>{escape(w['terms'])}</a:t></a:r></a:p></p:txBody></p:sp>")
        entries.append((f"ppt/slides/slide{n}.xml", f"<p:sld {P}><p:cSld><p:spTree>{shapes}</p:spTree></p:cSld></p:sld>"))
        slides += f'<p:sldId r:id="rId{n}"/>'
        rels += f'<Relationship Id="rId{n}" Target="slides/slide{n}.xml"/>'
        fields += [(n, f"target {n}", target), (n, f"title {n}", f"Quarter {n} review")]
        text += [f"Quarter {n} review", f"Target: {target}", w["terms"]]
    entries += [("ppt/presentation.xml", f"<p:presentation {P}><p:sldIdLst>{slides}</p:sldIdLst></p:presentation>"), ("ppt/_rels/presentation.xml.rels", f"<Relationships>{rels}</Relationships>")]
    return pack(entries), fields, "\n".join(text)


def odt_letter(random):
    w = LANGUAGES["it"]
    title, clauses = CLAUSES["it"]
    number = f"P-{random.randint(1000, 9999)}"
    body = f'<text:h text:outline-level="1">{title}</text:h><text:p>{w["number"]}:<text:s text:c="12"/>{number}</text:p>'
    text = [title, f"{w['number']}: {number}"]
    for heading, clause in clauses:
        clause = clause.format(fee="4.800 EUR", hours="6", cap="70.000 EUR", start="1.2.2027", court=w["city"])
        body += f'<text:h text:outline-level="2">{heading}</text:h><text:p>{escape(clause)}</text:p>'
        text += [heading, clause]
    body += "<text:list>" + "".join(f"<text:list-item><text:p>{g}</text:p></text:list-item>" for g in w["goods"]) + "</text:list>"
    data = pack([("mimetype", "application/vnd.oasis.opendocument.text"),
                 ("content.xml", f"<office:document-content {O}><office:body><office:text>{body}</office:text></office:body></office:document-content>")])
    return data, [(1, "number", number), (1, "fee", "4.800 EUR"), (1, "start", "1.2.2027"), (1, "goods", w["goods"][1])], "\n".join(text + w["goods"])


def ods_hours(random):
    rows, fields, text = "", [], []
    for i in range(25):
        name, hours = f"{random.choice(['Weiß', 'Müller', 'Öttinger'])} {i}", f"{random.randint(1, 9)},{random.randint(0, 9)}5"
        rows += (f'<table:table-row><table:table-cell><text:p>{name}</text:p></table:table-cell><table:table-cell table:number-columns-repeated="3"/>'
                 f"<table:table-cell><text:p>{hours}</text:p></table:table-cell></table:table-row>")
        text.append(f"{name} {hours}")
        if i in (2, 24):
            fields += [(1, f"name {i}", name), (1, f"hours {i}", hours)]
    data = pack([("mimetype", "application/vnd.oasis.opendocument.spreadsheet"),
                 ("content.xml", f'<office:document-content {O}><office:body><office:spreadsheet><table:table table:name="Stunden">{rows}<table:table-row '
                                 'table:number-rows-repeated="1048551"><table:table-cell table:number-columns-repeated="16384"/></table:table-row></table:table>'
                                 "</office:spreadsheet></office:body></office:document-content>")])
    return data, fields, "\n".join(text)


def make(samples, random):
    for language in ("en", "fr"):
        data, fields, text = docx_letter(language, random)
        samples.add(f"letter-{language}.docx", data, "text", fields, baseline=text)
    for name, (data, fields, text) in (("prices.xlsx", xlsx_prices(random)), ("review.pptx", pptx_review(random)), ("letter-it.odt", odt_letter(random)), ("hours.ods", ods_hours(random))):
        samples.add(name, data, "text", fields, baseline=text)
