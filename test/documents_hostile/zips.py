"""Office documents and other ZIP files: bombs, entities, repetition counts, encryption, names that climb."""
import io
import struct
import zipfile

TYPES = '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'
W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
S = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
O = ('xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" '
     'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"')


def pack(entries, method=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as z:
        for name, data in entries:
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_STORED if name == "mimetype" else method
            with z.open(info, "w", force_zip64=False) as f:
                for piece in ([data] if isinstance(data, (str, bytes)) else data):
                    f.write(piece.encode() if isinstance(piece, str) else piece)
    return out.getvalue()


def docx(body, before=""):
    return pack([("[Content_Types].xml", TYPES), ("word/document.xml", f"<?xml version='1.0'?>{before}<w:document {W}><w:body>{body}</w:body></w:document>")])


def xlsx(rows, strings="", sheets='<sheet name="A" r:id="rId1"/>'):
    return pack([("[Content_Types].xml", TYPES),
                 ("xl/workbook.xml", f'<workbook {S} xmlns:r="r"><sheets>{sheets}</sheets></workbook>'),
                 ("xl/_rels/workbook.xml.rels", '<Relationships><Relationship Id="rId1" Target="worksheets/sheet1.xml"/></Relationships>'),
                 ("xl/sharedStrings.xml", f"<sst {S}>{strings}</sst>"),
                 ("xl/worksheets/sheet1.xml", [f"<worksheet {S}><sheetData>", *rows, "</sheetData></worksheet>"])])


def odf(kind, content, manifest="<m/>"):
    return pack([("mimetype", f"application/vnd.oasis.opendocument.{kind}"), ("META-INF/manifest.xml", manifest),
                 ("content.xml", f"<office:document-content {O}><office:body>{content}</office:body></office:document-content>")])


def ole(stream_name):
    """The head of a compound file, and a directory entry's name."""
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + stream_name.encode("utf-16-le") + bytes(4096)


LAUGHS = "<!DOCTYPE l [<!ENTITY a 'haha'>" + "".join(
    f"<!ENTITY {chr(98 + i)} '{('&' + chr(97 + i) + ';') * 10}'>" for i in range(12)) + "]>"


def files(random):
    good = docx("<w:p><w:r><w:t>Total 119.00</w:t></w:r></w:p>")
    yield "docx-bomb.docx", "a.docx", "too_compressed", pack([("[Content_Types].xml", TYPES), ("word/document.xml", [b" " * (1 << 20)] * 1024)])
    lie = bytearray(pack([("[Content_Types].xml", TYPES), ("word/document.xml", [b" " * (1 << 20)] * 300)]))
    at = lie.rindex(b"PK\x01\x02", 0, lie.rindex(b"word/document.xml"))
    lie[at + 24:at + 28] = struct.pack("<I", 100)
    yield "docx-bomb-that-says-100-bytes.docx", "a.docx", "too_compressed|damaged", bytes(lie)
    yield "docx-billion-laughs.docx", "a.docx", "ok|damaged", docx("<w:p><w:r><w:t>&m;</w:t></w:r></w:p>", LAUGHS)
    yield "docx-reads-a-file.docx", "a.docx", "ok|damaged", docx(
        "<w:p><w:r><w:t>[&x;]</w:t></w:r></w:p>", "<!DOCTYPE l [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>")
    yield "docx-tables-24000-deep.docx", "a.docx", "too_deep", docx("<w:tbl><w:tr><w:tc>" * 8_000 + "</w:tc></w:tr></w:tbl>" * 8_000)
    yield "docx-3-million-elements.docx", "a.docx", "too_many_objects|too_compressed", pack(
        [("[Content_Types].xml", TYPES), ("word/document.xml", f"<w:document {W}><w:body>" + "<w:p/>" * 3_000_000 + "</w:body></w:document>")])
    locked = bytearray(good)
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = -1
        while (at := locked.find(mark, at + 1)) >= 0:
            locked[at + offset] |= 1
    yield "docx-with-zip-password.docx", "a.docx", "encrypted", bytes(locked)
    yield "docx-encrypted.docx", "a.docx", "encrypted", ole("EncryptedPackage")
    yield "doc-of-1997.docx", "a.docx", "unsupported", ole("WordDocument")
    yield "msg-of-outlook.eml", "a.eml", "unsupported", ole("__properties_version1.0")
    yield "zip-that-climbs.docx", "a.docx", "unsupported", pack([("../../../../etc/passwd", "x"), ("/etc/shadow", "y")])
    yield "docx-without-its-document.docx", "a.docx", "unsupported", pack([("[Content_Types].xml", TYPES)])
    yield "docx-cut.docx", "a.docx", "damaged", good[:-30]
    yield "docx-head-only.docx", "a.docx", "damaged", good[:40]
    yield "docx-of-broken-xml.docx", "a.docx", "damaged", pack([("[Content_Types].xml", TYPES), ("word/document.xml", "<w:document><w:body>")])
    wrong = bytearray(good)
    at = wrong.index(b"word/document.xml") + 40
    wrong[at:at + 20] = random.randbytes(20)
    yield "docx-with-wrong-bytes.docx", "a.docx", "damaged", bytes(wrong)
    yield "docx-named-pdf.pdf", "invoice.pdf", "ok", good
    yield "xlsx-corner-cells.xlsx", "a.xlsx", "ok", xlsx(
        ['<row r="1"><c r="A1"><v>1</v></c><c r="XFD1"><v>2</v></c></row><row r="1048576"><c r="XFD1048576"><v>3</v></c></row>'])
    yield "xlsx-sparse-squares.xlsx", "a.xlsx", "too_many_objects", xlsx(
        [f'<row r="{i}"><c r="{_column(i * 7 % 16000)}{i}"><v>{i}</v></c></row>' for i in range(1, 12_000)])
    yield "xlsx-wild-references.xlsx", "a.xlsx", "ok", xlsx(
        ['<row r="-5"><c r="ZZZZZZZZZZ99999999999999999" t="s"><v>-1</v></c><c t="s"><v>99999999999</v></c><c r="" s="-3"><v>1e999</v></c></row>'])
    yield "xlsx-of-3-million-cells.xlsx", "a.xlsx", "too_many_objects|too_compressed", xlsx(["<row>" + "<c><v>1</v></c>" * 3000 + "</row>"] * 1000)
    yield "xlsx-without-sheets.xlsx", "a.xlsx", "ok", xlsx([], sheets='<sheet name="gone" r:id="rId9"/>')
    yield "ods-cell-a-billion-times.ods", "a.ods", "too_many_objects", odf(
        "spreadsheet", '<office:spreadsheet><table:table table:name="A"><table:table-row><table:table-cell table:number-columns-repeated="1000000000">'
        "<text:p>x</text:p></table:table-cell></table:table-row></table:table></office:spreadsheet>")
    yield "ods-row-a-billion-times.ods", "a.ods", "too_many_objects", odf(
        "spreadsheet", '<office:spreadsheet><table:table><table:table-row table:number-rows-repeated="1000000000"><table:table-cell><text:p>x</text:p>'
        "</table:table-cell></table:table-row></table:table></office:spreadsheet>")
    yield "ods-empty-to-the-corner.ods", "a.ods", "ok", odf(
        "spreadsheet", '<office:spreadsheet><table:table><table:table-row table:number-rows-repeated="1048576"><table:table-cell '
        'table:number-columns-repeated="16384"/></table:table-row></table:table></office:spreadsheet>')
    yield "odt-two-billion-blanks.odt", "a.odt", "ok", odf("text", '<office:text><text:p>a<text:s text:c="2000000000"/>b</text:p></office:text>')
    yield "odt-encrypted.odt", "a.odt", "encrypted", odf("text", "x", "<manifest:manifest><manifest:encryption-data/></manifest:manifest>")
    yield "odt-lists-20000-deep.odt", "a.odt", "too_deep", odf("text", "<text:list><text:list-item>" * 10_000 + "</text:list-item></text:list>" * 10_000)
    yield "zip-of-60000-files.docx", "a.docx", "too_many_objects", pack([(f"f{i}", "") for i in range(60_000)], zipfile.ZIP_STORED)
    yield "zip-of-nothing.docx", "a.docx", "unsupported", pack([])
    yield "zip-one-file-5000-times.docx", "a.docx", "unsupported|damaged|ok", _overlapping(5000)
    yield "pptx-without-slides.pptx", "a.pptx", "ok", pack([("[Content_Types].xml", TYPES), ("ppt/presentation.xml", "<p:presentation xmlns:p='p'/>")])
    yield "pptx-slide-list-of-100000.pptx", "a.pptx", "too_many_pages", pack(
        [("[Content_Types].xml", TYPES), ("ppt/presentation.xml", "<p:presentation xmlns:p='p'><p:sldIdLst>" + "<p:sldId/>" * 100_000 + "</p:sldIdLst></p:presentation>")])
    yield "epub.docx", "a.docx", "unsupported", pack([("mimetype", "application/epub+zip")])
    yield "zip-in-zip-in-zip.zip", "a.zip", "unsupported", _nested()


def _column(n):
    name = ""
    n += 1
    while n > 0:
        n, r = divmod(n - 1, 26)
        name = chr(65 + r) + name
    return name


def _nested():
    data = b"x" * 1000
    for _ in range(20):
        data = pack([("inner.zip", data)])
    return data


def _overlapping(count):
    """All names of the directory share one file's bytes."""
    one = pack([("[Content_Types].xml", b" " * (1 << 20))])
    end = one.rindex(b"PK\x05\x06")
    start = one.rindex(b"PK\x01\x02")
    entry, size = one[start:end], end - start
    directory = entry * count
    return one[:start] + directory + b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, count, count, size * count, start, 0)
