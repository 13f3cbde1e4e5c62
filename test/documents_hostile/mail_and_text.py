"""Mail, HTML, XML, CSV, text, and what is none of them."""
import base64

from zips import LAUGHS, TYPES, pack

MAIL = "From: a@b.example\r\nTo: c@d.example\r\nSubject: invoice\r\nMIME-Version: 1.0\r\n"


def mixed(parts, boundary="b1"):
    body = "".join(f"--{boundary}\r\n{p}\r\n" for p in parts)
    return f'{MAIL}Content-Type: multipart/mixed; boundary="{boundary}"\r\n\r\n{body}--{boundary}--\r\n'


def attachment(name, data):
    return f'Content-Type: application/octet-stream; name="{name}"\r\nContent-Disposition: attachment\r\nContent-Transfer-Encoding: base64\r\n\r\n{base64.encodebytes(data).decode()}'


def files(random):
    yield "nothing.txt", "a.txt", "empty", b""
    yield "only-blanks.txt", "a.txt", "empty", b" \r\n\t\n" * 1000
    yield "only-a-byte-order-mark.txt", "a.txt", "empty", b"\xef\xbb\xbf"
    nested = "Content-Type: text/plain\r\n\r\ninside"
    for i in range(300):
        nested = f"Content-Type: multipart/mixed; boundary=x{i}\r\n\r\n--x{i}\r\n{nested}\r\n--x{i}--"
    yield "mail-300-multiparts-deep.eml", "a.eml", "too_deep", (MAIL + nested).encode()
    inner = MAIL + "\r\ninnermost"
    for _ in range(30):
        inner = mixed(["Content-Type: message/rfc822\r\n\r\n" + inner], f"q{_}")
    yield "mail-in-mail-30-times.eml", "a.eml", "too_deep", inner.encode()
    yield "mail-boundary-missing.eml", "a.eml", "ok", (MAIL + 'Content-Type: multipart/mixed; boundary="zz"\r\n\r\nno such line').encode()
    yield "mail-boundary-empty.eml", "a.eml", "ok", (MAIL + 'Content-Type: multipart/mixed; boundary=""\r\n\r\n--\r\n\r\nx\r\n----\r\n').encode()
    yield "mail-3-million-headers.eml", "a.eml", "too_many_objects", (MAIL + "X-A: b\r\n" * 3_000_000 + "\r\nbody").encode()
    yield "mail-3-million-parts.eml", "a.eml", "too_many_objects", (MAIL + "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + "--b\r\n" * 3_000_000).encode()
    yield "mail-header-of-20-megabytes.eml", "a.eml", "ok|too_much_text", (MAIL + "Cc: " + "a@b.example, " * 1_500_000 + "\r\n\r\nbody").encode()
    yield "mail-folded-forever.eml", "a.eml", "ok|too_many_objects", (MAIL + "Cc: x\r\n" + " y\r\n" * 1_000_000 + "\r\nbody").encode()
    yield "mail-base64-of-noise.eml", "a.eml", "ok", mixed([attachment("a.pdf", b"%PDF-1.7" + random.randbytes(3000)), attachment("b.zip", b"PK\3\4" + random.randbytes(99))]).encode()
    bomb = pack([("[Content_Types].xml", TYPES), ("word/document.xml", [b" " * (1 << 20)] * 600)])
    yield "mail-with-a-bomb.eml", "a.eml", "too_compressed", mixed([attachment("a.docx", bomb)]).encode()
    yield "mail-encrypted.eml", "a.eml", "encrypted", (MAIL + 'Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name="smime.p7m"\r\n\r\nMIIB').encode()
    yield "mail-name-that-climbs.eml", "a.eml", "ok", mixed([attachment("../../etc/passwd", b"text of it")]).encode()
    yield "html-divs-200000-deep.html", "a.html", "too_deep", b"<html><body>" + b"<div>" * 200_000
    yield "html-tables-in-tables.html", "a.html", "too_deep", b"<html>" + b"<table><tr><td>" * 20_000
    yield "html-never-closed.html", "a.html", "ok|too_deep", b"<html><p>" + b"<b><i>x</p>" * 30_000
    yield "html-a-million-attributes.html", "a.html", "ok|too_slow", b"<html><p " + b"".join(b"a%d=1 " % i for i in range(60_000)) + b">x</p>"
    yield "html-comment-without-end.html", "a.html", "ok|empty", b"<html><p>seen</p><!-- " + b"<!-- " * 1_000_000
    yield "html-entities.html", "a.html", "ok", b"<html><p>" + b"&#99999999999;&bogus;&#0;&#xD800;" * 20_000
    yield "xml-billion-laughs.xml", "a.xml", "ok|damaged", ("<?xml version='1.0'?>" + LAUGHS + "<l>&m;</l>").encode()
    yield "xml-reads-a-file.xml", "a.xml", "ok|damaged", b"<?xml version='1.0'?><!DOCTYPE l [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><l><a>[&x;]</a></l>"
    yield "xml-100000-deep.xml", "a.xml", "too_deep", b"<?xml version='1.0'?>" + b"<a>" * 100_000 + b"</a>" * 100_000
    yield "xml-3-million-elements.xml", "a.xml", "too_many_objects", b"<?xml version='1.0'?><a>" + b"<b/>" * 3_000_000 + b"</a>"
    yield "xml-cut.xml", "a.xml", "damaged", b"<?xml version='1.0'?><Invoice xmlns='urn:oasis:names:specification:ubl:schema:xsd:Invoice-2'><ID>1</ID><Supplier>"
    yield "csv-3-million-cells.csv", "a.csv", "too_many_objects", b"a,b,c\n" * 1_000_000
    yield "csv-quote-never-closed.csv", "a.csv", "ok", b"a,b,c\n1,2,3\n4,5,6\n\"" + b"x,y,z\n" * 300_000
    yield "text-20-megabytes.txt", "a.txt", "too_much_text", b"lorem ipsum dolor sit amet\n" * 800_000
    yield "text-one-line-of-10-megabytes.txt", "a.txt", "ok", b"x" * 10_000_000
    yield "text-with-zeros.txt", "a.txt", "unsupported", b"some text\0" * 100
    yield "text-utf16-odd.txt", "a.txt", "ok", b"\xff\xfe" + "text".encode("utf-16-le") + b"\xd8"
    yield "text-not-utf8.txt", "a.txt", "ok", b"total \xc0\xaf \xed\xa0\x80 \xf8\x88\x80\x80\x80 \xff 119.00\n"
    yield "text-of-controls.txt", "a.txt", "ok|unsupported", b"a\x1b[2J\x1b]0;x\x07b\n" * 50 + b"plain text follows here\n" * 50
    yield "rtf.rtf", "a.doc", "unsupported", b"{\\rtf1\\ansi Hello}"
    yield "program-named-pdf.pdf", "invoice.pdf", "unsupported", b"MZ\x90\0\3\0\0\0" + bytes(500)
    yield "elf-named-png.png", "a.png", "unsupported", b"\x7fELF\x02\x01\x01" + bytes(500)
    yield "gzip.txt", "a.txt", "unsupported", b"\x1f\x8b\x08\0" + bytes(100)
    yield "film-named-jpg.jpg", "a.jpg", "unsupported", b"\0\0\0\x18ftypmp42" + bytes(100)
    for i in range(4):
        yield f"noise-{i}.bin", "a.bin", "unsupported", bytes([1, 2, 3]) + random.randbytes(4000)
