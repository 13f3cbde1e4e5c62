"""Scanned documents: pages drawn, then made worse: gray paper, specks, a little askew."""
import pathlib
import struct
import subprocess
import tempfile
import zlib

from paper import Invoice, draw_invoice
from pdf import Pdf

FONT = pathlib.Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf")


def drawn(pdf, dpi):
    """Gray pages (width, height, rows of bytes)."""
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder) / "a.pdf"
        source.write_bytes(pdf.build())
        subprocess.run(["pdftoppm", "-gray", "-r", str(dpi), source, source.with_suffix("")], check=True)
        for page in sorted(pathlib.Path(folder).glob("*.pgm")):
            magic, size, most, pixels = page.read_bytes().split(b"\n", 3)
            width, height = map(int, size.split())
            yield width, height, pixels


def worse(width, height, pixels, random, tilt):
    paper = bytes(int(28 + v * 0.84) for v in range(256))  # ink is not black, paper not white
    out = bytearray(pixels.translate(paper))
    for _ in range(width * height // 250):
        out[random.randrange(len(out))] = random.randrange(256)
    rows = []
    for y in range(height):  # askew: each row a little further along
        shift = int(y * tilt)
        row = bytes(out[y * width:(y + 1) * width])
        rows.append(b"\xf2" * shift + row[:width - shift] if shift >= 0 else row[-shift:] + b"\xf2" * -shift)
    return b"".join(rows)


def png(width, height, pixels, dpi):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    rows = b"".join(b"\0" + pixels[y * width:(y + 1) * width] for y in range(height))
    per_metre = round(dpi / 0.0254)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)) + chunk(b"pHYs", struct.pack(">IIB", per_metre, per_metre, 1)) +
            chunk(b"IDAT", zlib.compress(rows, 6)) + chunk(b"IEND", b""))


def scanned_pdf(pages):
    pdf = Pdf()
    for width, height, pixels in pages:
        pdf.page().image(f"/Width {width} /Height {height} /BitsPerComponent 8 /ColorSpace /DeviceGray", pixels, 0, 0, 595, 842)
    return pdf.build()


def make(samples, random):
    dpi = 200
    for language in ("en", "de", "fr", "it", "es", "nl"):
        inv = Invoice(language, random, 12)
        pdf = Pdf(FONT.read_bytes())
        draw_invoice(pdf, inv)
        pages = [(w, h, worse(w, h, p, random, random.choice((-0.004, 0.003, 0.002)))) for w, h, p in drawn(pdf, dpi)]
        cost = ("vision", f"{pages[0][0]}x{pages[0][1]}x{len(pages)}")
        if language in ("en", "de"):
            samples.add(f"scan-{language}.png", png(*pages[0], dpi), cost, inv.fields())
        else:
            samples.add(f"scan-{language}.pdf", scanned_pdf(pages), cost, inv.fields())
