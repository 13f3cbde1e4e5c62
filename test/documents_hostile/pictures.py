"""Pictures: of absurd sizes, cut, with loops in their directories, that are something else too."""
import struct
import zlib


def chunk(kind, data, good=True):
    crc = zlib.crc32(kind + data) ^ (0 if good else 1)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", crc)


def png(width, height, rows, bits=1, colour=0, good=True):
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0), good)
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")


def tiff(entries, next_ifd=0, data=b""):
    """Little-endian, one directory at 8 with (tag, type, count, value) entries."""
    body = struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", *e) for e in entries) + struct.pack("<I", next_ifd)
    return b"II*\0" + struct.pack("<I", 8) + body + data


def gray(width, height, **more):
    at = more.get("at", 8 + 2 + 12 * 9 + 4)
    return [(256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, 8), (259, 3, 1, more.get("packing", 1)), (262, 3, 1, 1), (273, 4, 1, at), (277, 3, 1, 1),
            (278, 4, 1, height), (279, 4, 1, more.get("size", width * height))]


def files(random):
    good = png(100, 100, (b"\0" + bytes(13)) * 100)
    yield "png-30000x30000.png", "a.png", "too_many_pixels", png(30000, 30000, (b"\0" + bytes(3750)) * 30000)
    yield "png-says-2-billion-wide.png", "a.png", "too_many_pixels|damaged", png(2_000_000_000, 2_000_000_000, b"\0")
    yield "png-of-no-size.png", "a.png", "damaged", png(0, 0, b"")
    yield "png-cut.png", "a.png", "damaged|ok", good[:len(good) // 2]
    yield "png-head-only.png", "a.png", "damaged", good[:8]
    yield "png-wrong-sum.png", "a.png", "damaged|ok", png(100, 100, (b"\0" + bytes(13)) * 100, good=False)
    yield "png-data-bomb.png", "a.png", "ok|damaged", png(10, 10, bytes(200 << 20))
    yield "png-text-chunk-bomb.png", "a.png", "ok|damaged", good[:33] + chunk(b"zTXt", b"k\0\0" + zlib.compress(bytes(200 << 20), 9)) + good[33:]
    yield "png-of-noise.png", "a.png", "damaged", b"\x89PNG\r\n\x1a\n" + random.randbytes(3000)
    yield "png-named-pdf.pdf", "scan.pdf", "ok", good
    yield "png-and-html.html", "a.html", "ok", good + b"<html><script>alert(1)</script></html>"
    head = b"\xff\xd8\xff\xe0\x00\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0"
    frame = b"\xff\xc0\x00\x0b\x08" + struct.pack(">HH", 65500, 65500) + b"\x01\x01\x11\x00"
    yield "jpeg-65500x65500.jpg", "a.jpg", "too_many_pixels|damaged", head + frame + b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00" + bytes(1000) + b"\xff\xd9"
    yield "jpeg-cut.jpg", "a.jpg", "damaged", head + frame[:9]
    yield "jpeg-of-noise.jpg", "a.jpg", "damaged", head + random.randbytes(4000)
    yield "gif-60000x60000.gif", "a.gif", "too_many_pixels|damaged", b"GIF89a" + struct.pack("<HH", 60000, 60000) + b"\xf0\0\0" + bytes(6) + b"," + struct.pack(
        "<HHHHB", 0, 0, 60000, 60000, 0) + b"\x02\x02\x4c\x01\0;"
    yield "gif-and-zip.gif", "a.gif", "damaged|ok", b"GIF89a" + struct.pack("<HH", 1, 1) + b"\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;" + b"PK\x05\x06" + bytes(18)
    yield "tiff-directory-loops.tif", "a.tif", "ok|damaged|too_many_pages", tiff(gray(8, 8), next_ifd=8, data=bytes(64))
    yield "tiff-100000x100000.tif", "a.tif", "too_many_pixels", tiff(gray(100_000, 100_000, size=64), data=bytes(64))
    yield "tiff-strip-outside.tif", "a.tif", "damaged|ok", tiff(gray(64, 64, at=0xFFFFFFF0), data=bytes(64))
    yield "tiff-endless-directory.tif", "a.tif", "damaged", b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", 65535) + random.randbytes(4000)
    yield "bmp-says-huge.bmp", "a.bmp", "too_many_pixels|damaged", b"BM" + struct.pack("<IHHIIiiHHIIiiII", 200, 0, 0, 54, 40, 60000, 60000, 1, 24, 0, 0, 0, 0, 0, 0) + bytes(140)
    yield "bmp-negative.bmp", "a.bmp", "damaged", b"BM" + struct.pack("<IHHIIiiHHIIiiII", 200, 0, 0, 54, 40, -5, -2**31, 1, 24, 0, 0, 0, 0, 0, 0) + bytes(140)
    yield "webp-of-noise.webp", "a.webp", "damaged", b"RIFF" + struct.pack("<I", 4000) + b"WEBPVP8 " + struct.pack("<I", 3988) + random.randbytes(3988)
    yield "pnm-a-million-squared.pgm", "a.pgm", "too_many_pixels|damaged", b"P5\n1000000 1000000\n255\n" + bytes(100)
    yield "pnm-cut.pgm", "a.pgm", "damaged|ok", b"P5\n1000 1000\n255\n" + bytes(100)
