"""A small PDF writer for test documents: text in the base-14 fonts with any Latin characters, images, embedded files.

Deterministic: the same calls give the same bytes. No third-party library, so that tests need python3 alone.
"""
import struct
import unicodedata
import zlib

# Advance widths of Helvetica (AFM), for the characters 32..126, in 1/1000 of the font size.
_HELVETICA = [278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556, 556,
              556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778,
              667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556, 556, 278, 556,
              556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584]


_SMALLER = 0.86  # of embedded letters: those of the DejaVu fonts are as much wider than Helvetica's


def char_width(char):
    base = unicodedata.normalize("NFD", char)[0]
    return _HELVETICA[ord(base) - 32] if 32 <= ord(base) < 127 else 556


def truetype_widths(font):
    """Advance widths of a TrueType font's characters, in 1/1000 of its size."""
    tables = {}
    for i in range(struct.unpack_from(">H", font, 4)[0]):
        tag, _, offset, _ = struct.unpack_from(">4sIII", font, 12 + 16 * i)
        tables[tag] = offset
    units = struct.unpack_from(">H", font, tables[b"head"] + 18)[0]
    metrics = struct.unpack_from(">H", font, tables[b"hhea"] + 34)[0]
    cmap = tables[b"cmap"]
    for i in range(struct.unpack_from(">H", font, cmap + 2)[0]):
        at = cmap + struct.unpack_from(">HHI", font, cmap + 4 + 8 * i)[2]
        if struct.unpack_from(">H", font, at)[0] == 4:
            break
    segments = struct.unpack_from(">H", font, at + 6)[0] // 2
    ends, starts, deltas, offsets = (struct.unpack_from(f">{segments}H", font, at + 14 + k * 2 * segments + (2 if k else 0)) for k in range(4))
    widths = {}
    for k in range(segments):
        for code in range(starts[k], min(ends[k], 0x2FFF) + 1):
            glyph = code
            if offsets[k]:
                glyph = struct.unpack_from(">H", font, at + 16 + 6 * segments + 2 * k + offsets[k] + 2 * (code - starts[k]))[0]
            glyph = (glyph + deltas[k]) & 0xFFFF
            widths[chr(code)] = struct.unpack_from(">H", font, tables[b"hmtx"] + 4 * min(glyph, metrics - 1))[0] * 1000 / units
    return widths


def _bytes(value):
    return value if isinstance(value, bytes) else value.encode("latin-1")


class Pdf:
    """Pages of 595 x 842 points (A4); y counts from the top, at the baseline."""

    def __init__(self, embedded_font=None):
        self.objects = []  # bytes of each object's body, number = index + 1
        self.pages = []  # (content, {name: image object}, width, height)
        self.codes = {}  # character -> code, for those that are not ASCII
        self.attachments = []
        # A TrueType file, for what is to be drawn where no font is installed under the base-14 names.
        self.embedded_font = embedded_font
        self.widths = truetype_widths(embedded_font) if embedded_font else None

    # -- objects -----------------------------------------------------------------------------------------------
    def add(self, body):
        self.objects.append(_bytes(body))
        return len(self.objects)

    def stream(self, entries, data, compress=None):
        data = _bytes(data)
        if compress is not False:
            data, entries = zlib.compress(data, 9), entries + " /Filter /FlateDecode"
        return self.add(b"<< %s /Length %d >>\nstream\n%s\nendstream" % (_bytes(entries), len(data), data))

    def width(self, text, size):
        if self.widths:
            return sum(self.widths.get(c, 600) for c in text) * size * _SMALLER / 1000
        return sum(char_width(c) for c in text) * size / 1000

    # -- pages -------------------------------------------------------------------------------------------------
    def page(self, width=595, height=842):
        self.pages.append(([], {}, width, height))
        return self

    def _encode(self, text):
        out = bytearray()
        for c in text:
            if 32 <= ord(c) < 127:
                code = ord(c)
            else:
                code = self.codes.setdefault(c, 128 + len(self.codes))
                if code > 255:
                    raise ValueError("more than 128 characters beyond ASCII")
            if code in b"()\\":
                out += b"\\"
            out.append(code)
        return bytes(out)

    def text(self, x, y, text, size=10, bold=False, right=False):
        if right:
            x -= self.width(text, size)
        content, _, _, height = self.pages[-1]
        drawn = size * _SMALLER if self.embedded_font else size
        content.append(b"BT /%s %g Tf %.2f %.2f Td (%s) Tj ET" % (b"F2" if bold else b"F1", drawn, x, height - y, self._encode(text)))
        return self

    def rule(self, x0, y0, x1, y1):
        content, _, _, height = self.pages[-1]
        content.append(b"0.5 w %.2f %.2f m %.2f %.2f l S" % (x0, height - y0, x1, height - y1))
        return self

    def paragraph(self, x, y, width, text, size=10, leading=1.3):
        """Wraps at `width`; gives the y below the last line."""
        line = ""
        for word in text.split() + [None]:
            if word is not None and self.width((line + " " + word).strip(), size) <= width:
                line = (line + " " + word).strip()
                continue
            self.text(x, y, line, size)
            y += size * leading
            line = word
        return y

    def image(self, entries, data, x, y, width, height, compress=None):
        """The lower edge of the image is at y + height from the top."""
        number = self.stream("/Type /XObject /Subtype /Image " + entries, data, compress)
        content, images, _, page_height = self.pages[-1]
        images[f"I{number}"] = number
        content.append(b"q %.2f 0 0 %.2f %.2f %.2f cm /I%d Do Q" % (width, height, x, page_height - y - height, number))
        return self

    def attach(self, name, data):
        self.attachments.append((name, _bytes(data)))
        return self

    # -- the file ----------------------------------------------------------------------------------------------
    def _font(self, base):
        differences = " ".join(f"{code} /uni{ord(c):04X}" for c, code in self.codes.items())
        encoding = f"<< /BaseEncoding /WinAnsiEncoding /Differences [{differences}] >>" if differences else "/WinAnsiEncoding"
        if self.embedded_font is None:
            return self.add(f"<< /Type /Font /Subtype /Type1 /BaseFont /{base} /Encoding {encoding} >>")
        file = self.stream(f"/Length1 {len(self.embedded_font)}", self.embedded_font)
        descriptor = self.add(f"<< /Type /FontDescriptor /FontName /Embedded /Flags 32 /FontBBox [-1000 -300 2000 1100] /ItalicAngle 0 "
                              f"/Ascent 900 /Descent -230 /CapHeight 730 /StemV 80 /FontFile2 {file} 0 R >>")
        code_of = {code: c for c, code in self.codes.items()}
        widths = " ".join(f"{self.widths.get(code_of.get(i, chr(i)), 600):.0f}" for i in range(32, 256))
        return self.add(f"<< /Type /Font /Subtype /TrueType /BaseFont /Embedded /FirstChar 32 /LastChar 255 /Widths [{widths}] "
                        f"/FontDescriptor {descriptor} 0 R /Encoding {encoding} >>")

    def build(self, page_count_entry=None, trailer_extra=""):
        f1, f2 = self._font("Helvetica"), self._font("Helvetica-Bold")
        tree = len(self.objects) + 2 * len(self.pages) + 1
        kids = []
        for content, images, width, height in self.pages:
            stream = self.stream("", b"\n".join(content))
            pictures = " ".join(f"/{name} {number} 0 R" for name, number in images.items())
            kids.append(self.add(f"<< /Type /Page /Parent {tree} 0 R /MediaBox [0 0 {width} {height}] /Contents {stream} 0 R /Resources "
                                 f"<< /Font << /F1 {f1} 0 R /F2 {f2} 0 R >> /XObject << {pictures} >> >> >>"))
        self.add("<< /Type /Pages /Kids [%s] /Count %d >>" % (" ".join(f"{k} 0 R" for k in kids), page_count_entry or len(kids)))
        names = ""
        if self.attachments:
            specs = []
            for name, data in self.attachments:
                file = self.stream(f"/Type /EmbeddedFile /Subtype /text#2Fxml /Params << /Size {len(data)} >>", data)
                specs.append(f"({name}) " + "%d 0 R" % self.add(
                    f"<< /Type /Filespec /F ({name}) /UF ({name}) /AFRelationship /Alternative /EF << /F {file} 0 R /UF {file} 0 R >> >>"))
            names = "/Names << /EmbeddedFiles << /Names [%s] >> >>" % " ".join(specs)
        catalog = self.add(f"<< /Type /Catalog /Pages {tree} 0 R {names} >>")
        return write(self.objects, catalog, trailer_extra)


def write(objects, catalog, trailer_extra=""):
    out = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    xref = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % o for o in offsets)
    out += b"trailer\n<< /Size %d /Root %d 0 R %s >>\nstartxref\n%d\n%%%%EOF\n" % (
        len(objects) + 1, catalog, trailer_extra.encode("latin-1"), xref)
    return bytes(out)
