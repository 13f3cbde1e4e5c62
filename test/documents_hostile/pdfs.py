"""PDF: cut, encrypted, looped, lying about their size, packed until they burst."""
import pathlib
import sys
import zlib

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "documents"))
from pdf import Pdf, write  # noqa: E402


def good(pages=1):
    pdf = Pdf()
    for i in range(pages):
        pdf.page().text(50, 60, f"Page {i + 1}: invoice 2026-17, total 119.00 EUR")
    return pdf


def one_page(content, resources="", extra=(), filters="/FlateDecode", mediabox="0 0 595 842"):
    """One page with this content stream (bytes, packed by the caller) and further objects from number 6 on."""
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
               b"<< /Type /Page /Parent 2 0 R /MediaBox [%s] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> %s >> >>"
               % (mediabox.encode(), resources.encode()),
               b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(content), b"/Filter [%s]" % filters.encode() if filters else b"", content),
               b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"]
    return write(objects + [e if isinstance(e, bytes) else e.encode() for e in extra], 1)


def stream(entries, data):
    return b"<< %s /Length %d >>\nstream\n%s\nendstream" % (entries.encode(), len(data), data)


def zeros(size, levels=1):
    """`size` bytes of 0 (whole MiB), packed `levels` times, without ever holding them: one packed MiB, repeated."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)  # begins anew behind it, so it may be repeated
    size &= ~0xFFFFF
    checksum = size % 65521 << 16 | 1  # Adler-32 of zeros
    data = b"\x78\xda" + block * (size >> 20) + b"\x03\0" + checksum.to_bytes(4, "big")
    for _ in range(levels - 1):
        data = zlib.compress(data, 9)
    return data


def encrypted(entries):
    body = good().build(trailer_extra=f"/Encrypt << {entries} >> /ID [<00112233445566778899aabbccddeeff> <00112233445566778899aabbccddeeff>]")
    return body


def many_pages(count):
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", None]
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] >>"
    objects += [page] * count
    objects[1] = b"<< /Type /Pages /Count %d /Kids [%s] >>" % (count, b" ".join(b"%d 0 R" % (3 + i) for i in range(count)))
    return write(objects, 1)


def tree(kids, extra=()):
    return write([b"<< /Type /Catalog /Pages 2 0 R >>", kids, *extra], 1)


def files(random):
    whole = good(3).build()
    yield "pdf-head-only.pdf", "a.pdf", "damaged", b"%PDF-1.7\n"
    yield "pdf-cut-in-the-middle.pdf", "a.pdf", "ok|damaged", whole[:len(whole) // 2]
    yield "pdf-cut-before-the-trailer.pdf", "a.pdf", "ok|damaged", whole[:whole.rindex(b"xref\n0")]
    yield "pdf-cut-in-a-stream.pdf", "a.pdf", "ok|damaged", whole[:whole.index(b"stream") + 20]
    yield "pdf-encrypted-rc4.pdf", "a.pdf", "encrypted", encrypted(
        "/Filter /Standard /V 1 /R 2 /Length 40 /P -4 /O <%s> /U <%s>" % ("31" * 32, "32" * 32))
    yield "pdf-encrypted-aes256.pdf", "a.pdf", "encrypted", encrypted(
        "/Filter /Standard /V 5 /R 6 /Length 256 /P -4 /O <%s> /U <%s> /OE <%s> /UE <%s> /Perms <%s> /CF << /StdCF << /CFM /AESV3 /Length 32 "
        "/AuthEvent /DocOpen >> >> /StmF /StdCF /StrF /StdCF" % ("31" * 48, "32" * 48, "33" * 32, "34" * 32, "35" * 16))
    yield "pdf-encrypted-by-certificate.pdf", "a.pdf", "encrypted|damaged", encrypted("/Filter /Adobe.PubSec /V 4 /R 4 /SubFilter /adbe.pkcs7.s5")
    yield "pdf-100000-pages.pdf", "a.pdf", "too_many_pages", many_pages(100_000)
    yield "pdf-says-100000-pages.pdf", "a.pdf", "too_many_pages|ok|damaged", good().build(page_count_entry=100_000)
    yield "pdf-says-minus-1-pages.pdf", "a.pdf", "damaged|ok", good().build(page_count_entry=-1)
    yield "pdf-page-tree-loops.pdf", "a.pdf", "damaged", tree(b"<< /Type /Pages /Count 5 /Kids [2 0 R 2 0 R] >>")
    deep = [b"<< /Type /Pages /Count 1 /Kids [%d 0 R] >>" % (i + 3) for i in range(20_000)] + [b"<< /Type /Page /MediaBox [0 0 9 9] >>"]
    yield "pdf-page-tree-of-20000-levels.pdf", "a.pdf", "damaged|ok|crashed", write([b"<< /Type /Catalog /Pages 2 0 R >>", *deep], 1)
    yield "pdf-bomb-in-a-stream.pdf", "a.pdf", "too_slow|ok|too_much_memory", one_page(zeros(4 << 30, 2), filters="/FlateDecode /FlateDecode")
    yield "pdf-text-bomb.pdf", "a.pdf", "too_many_objects|too_slow|too_much_text|too_much_memory|crashed", one_page(
        zlib.compress(b"BT /F1 1 Tf " + b"".join(b"1 0 0 1 %d %d Tm (ab) Tj " % (i % 190 * 3, i // 190 * 2) for i in range(76_000)) * 30 + b"ET"))
    image = "/XObject << /I 6 0 R >>"
    draw = zlib.compress(b"q 595 0 0 842 0 0 cm /I Do Q")
    entries = "/Type /XObject /Subtype /Image /Width 30000 /Height 30000 /Filter /FlateDecode "
    yield "pdf-image-30000x30000-1bit.pdf", "a.pdf", "ok|too_slow", one_page(
        draw, image, [b""] * 0 + [stream(entries + "/BitsPerComponent 1 /ColorSpace /DeviceGray", zeros(108 << 20))])
    yield "pdf-image-30000x30000-colour.pdf", "a.pdf", "ok|too_slow|too_much_memory|crashed", one_page(
        draw, image, [stream(entries + "/BitsPerComponent 8 /ColorSpace /DeviceRGB", zeros(2576 << 20))])
    yield "pdf-page-of-1e9-points.pdf", "a.pdf", "ok|too_many_pixels", one_page(draw, "", (), mediabox="0 0 1000000000 1000000000")
    yield "pdf-page-of-no-size.pdf", "a.pdf", "ok", one_page(draw, "", (), mediabox="0 0 0 0")
    yield "pdf-page-of-wild-size.pdf", "a.pdf", "ok|too_many_pixels", one_page(draw, "", (), mediabox="-99999999999999999999 1e308 NaN 3")
    yield "pdf-previous-xref-is-itself.pdf", "a.pdf", "ok|damaged", whole.replace(b"/Root", b"/Prev %d /Root" % whole.rindex(b"xref\n0"))
    yield "pdf-form-draws-itself.pdf", "a.pdf", "ok", one_page(
        zlib.compress(b"/X Do /X Do"), "/XObject << /X 6 0 R >>",
        [stream("/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /X 6 0 R >> >>", b"/X Do /X Do")])
    forms = [stream(f"/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /X {7 + i} 0 R >> >>", b"/X Do " * 10) for i in range(12)]
    yield "pdf-forms-draw-10-to-the-12.pdf", "a.pdf", "too_slow|ok", one_page(
        zlib.compress(b"/X Do " * 10), "/XObject << /X 6 0 R >>", [*forms, stream("/Type /XObject /Subtype /Form /BBox [0 0 9 9]", b"0 0 m 9 9 l S")])
    active = good().build().replace(b"/Type /Catalog", b"/Type /Catalog /OpenAction << /S /Launch /F (/bin/sh) >> /AA << /O << /S /JavaScript /JS (app.alert(1)) >> >>")
    yield "pdf-launches-a-program.pdf", "a.pdf", "ok", active
    yield "pdf-attachment-bomb.pdf", "a.pdf", "too_compressed|too_slow|too_much_memory|crashed", _attachment(zeros(1 << 30))
    inner = good().build()
    for i in range(10):
        inner = good().attach(f"level{i}.pdf", inner).build()
    yield "pdf-in-pdf-in-pdf.pdf", "a.pdf", "too_deep", inner
    zip_end = b"PK\x05\x06" + bytes(18)
    yield "pdf-and-zip.pdf", "a.pdf", "ok", whole + zip_end
    yield "pdf-behind-500-bytes.pdf", "a.pdf", "ok", b"\x00junk" * 100 + whole
    yield "pdf-behind-2000-bytes.pdf", "a.pdf", "unsupported", b"\x00junk" * 400 + whole
    yield "pdf-named-docx.docx", "contract.docx", "ok", whole
    yield "pdf-font-file-of-noise.pdf", "a.pdf", "ok", one_page(
        zlib.compress(b"BT /F2 9 Tf 50 50 Td (hello) Tj ET"), "",
        [stream("/Length1 4000", random.randbytes(4000)), "<< /Type /FontDescriptor /FontName /X /Flags 4 /FontBBox [0 0 9 9] /FontFile2 6 0 R >>",
         "<< /Type /Font /Subtype /TrueType /BaseFont /X /FontDescriptor 7 0 R /FirstChar 0 /LastChar 1 /Widths [1e300 -5] >>"]).replace(b"/F1 5 0 R", b"/F2 8 0 R")
    for codec in ("JBIG2Decode", "JPXDecode", "DCTDecode", "CCITTFaxDecode", "LZWDecode", "RunLengthDecode"):
        yield f"pdf-{codec}-of-noise.pdf", "a.pdf", "ok", one_page(draw, image, [
            stream(f"/Type /XObject /Subtype /Image /Width 900 /Height 900 /BitsPerComponent 8 /ColorSpace /DeviceGray /Filter /{codec}", random.randbytes(5000))])
    yield "pdf-arrays-100000-deep.pdf", "a.pdf", "ok|damaged|crashed", write(
        [b"<< /Type /Catalog /Pages 2 0 R /X " + b"[" * 100_000 + b"]" * 100_000 + b" >>", b"<< /Type /Pages /Kids [] /Count 0 >>"], 1)
    yield "pdf-wild-text-places.pdf", "a.pdf", "ok", one_page(zlib.compress(
        b"BT /F1 1e30 Tf 1e300 0 0 -1e300 1e38 -1e38 Tm (a) Tj /F1 -9 Tf (b) Tj /F1 0 Tf (c) Tj 0 0 0 0 0 0 Tm (d) Tj ET"))
    for i in range(8):
        broken = bytearray(good(2).attach("x.xml", b"<a/>").build())
        for _ in range(40):
            broken[random.randrange(len(broken))] = random.randrange(256)
        yield f"pdf-with-40-wrong-bytes-{i}.pdf", "a.pdf", "ok|damaged|encrypted", bytes(broken)


def _attachment(packed):
    """A PDF whose attached file is the packed stream."""
    objects = [b"<< /Type /Catalog /Pages 2 0 R /Names << /EmbeddedFiles << /Names [(x) 4 0 R] >> >> >>", b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
               b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 99 99] >>", b"<< /Type /Filespec /F (x.txt) /UF (x.txt) /EF << /F 5 0 R >> >>",
               stream("/Type /EmbeddedFile /Filter /FlateDecode", packed)]
    return write(objects, 1)
