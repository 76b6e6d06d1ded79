"""Pictures as they should not be, and as they may be but seldom are: made here, each with what is to come of it."""

from __future__ import annotations

import gzip
import io
import random
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from PIL import Image as Pillow

PICTURE, REASON, EITHER = "picture", "reason", "either"
KINDS = ("JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP", "AVIF")
ORIENTED = ("JPEG", "PNG", "WEBP", "TIFF", "AVIF")
ORIENTATION = 0x0112
CUTS = 20


@dataclass(frozen=True)
class Odd:
    """One file, and whether it must be shown, must be refused, or may be either."""

    name: str
    content: bytes
    expected: str = EITHER


def encoded(picture: Pillow.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def photo(width: int = 120, height: int = 80, seed: int = 1) -> Pillow.Image:
    """Noise over a gradient: no two rows alike, so that every byte of it matters."""
    noise = random.Random(seed).randbytes(width * height * 3)
    return Pillow.blend(
        Pillow.frombytes("RGB", (width, height), noise),
        Pillow.linear_gradient("L").resize((width, height)).convert("RGB"),
        0.7,
    )


def seeds() -> list[bytes]:
    """One sound picture of each kind, and some variants whose decoders differ."""
    plain = [encoded(photo(), kind) for kind in KINDS]
    return [
        *plain,
        encoded(photo(), "JPEG", progressive=True),
        encoded(photo().convert("CMYK"), "JPEG"),
        encoded(photo().quantize(17), "PNG"),
        encoded(photo(), "WEBP", lossless=True),
        encoded(photo(), "TIFF", compression="tiff_lzw"),
        encoded(photo(), "TIFF", compression="jpeg"),
    ]


def mutated(number: int, sound: list[bytes]) -> bytes:
    """The picture of a number: a sound one with some bytes changed, moved, repeated, added or cut away."""
    chance = random.Random(number)
    content = bytearray(chance.choice(sound))
    for _ in range(chance.choice((1, 1, 2, 4, 16, 64))):
        # Heads say how the rest is to be read.
        place = chance.randrange(min(len(content), chance.choice((64, 700, 1 << 30))))
        what = chance.randrange(6)
        if what <= 1:
            content[place] ^= 1 << chance.randrange(8)
        elif what == 2:
            content[place] = chance.choice((0, 1, 0x7F, 0x80, 0xFE, 0xFF))
        elif what == 3:
            content[place:place] = content[place : place + chance.randrange(1, 40)]
        elif what == 4:
            content[place : place + 4] = struct.pack(
                chance.choice("<>") + "I", chance.choice((0, 1, 1 << 31, 0xFFFFFFFF))
            )
        else:
            del content[place : place + chance.randrange(1, 40)]
        if len(content) < 8:
            break
    return bytes(content)


def all_odd() -> list[Odd]:
    """The catalogue; names differ."""
    return [
        *_cut(), *_no_pictures(), *_polyglots(), *_orientations(), *_modes(), *_animations(), *_jpegs(), *_pngs(),
        *_tiffs(), *_gifs(), *_bitmaps(), *_webps(), *_long_and_empty(), *_bombs(), *_heads_with_noise(), *_flipped(),
    ]  # fmt: skip


def _cut() -> Iterator[Odd]:
    for kind in KINDS:
        content = encoded(photo(), kind)
        for part in range(CUTS):
            yield Odd(f"cut {part} of {CUTS} {kind}", content[: len(content) * part // CUTS], REASON)


def _no_pictures() -> Iterator[Odd]:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("a.txt", "a")
    uses = "".join(f'<g id="g{n}">' + f'<use href="#g{n - 1}"/>' * 10 + "</g>" for n in range(1, 20))
    drawing = f'<svg xmlns="http://www.w3.org/2000/svg"><defs><rect id="g0" width="1" height="1"/>{uses}</defs></svg>'
    for name, content in {
        "one byte": b"\xff",
        "text": b"This is a letter.\n" * 40,
        "zeros": bytes(4096),
        "noise": random.Random(2).randbytes(5000),
        "drawing": b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>',
        "drawing that reads a file": b'<svg xmlns="http://www.w3.org/2000/svg"><image href="secret.png"/></svg>',
        "drawing of drawings": drawing.encode(),
        "drawing, packed": gzip.compress(drawing.encode()),
        "entities": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
        "document": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj",
        "postscript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nshowpage",
        "archive": archive.getvalue(),
        "program": b"\x7fELF\x02\x01\x01" + bytes(200),
        "film": b"\0\0\0\x20ftypisom\0\0\x02\0isomiso2avc1mp41" + bytes(500),
        "points": b"# .PCD v.7\nVERSION .7\nFIELDS x y z\nSIZE 4 4 4\nTYPE F F F\nCOUNT 1 1 1\n" + bytes(300),
        "sound": b"RIFF\x24\x08\0\0WAVEfmt " + bytes(300),
        "iphone": b"\0\0\0\x24ftypheic\0\0\0\0mif1MiHBMiHEheic" + bytes(500),
        "icon": b"\0\0\1\0\1\0\x10\x10\0\0\1\0\x20\0" + bytes(300),
        "photoshop": b"8BPS\0\1" + bytes(300),
        "jpeg 2000": b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(300),
        "targa": bytes((0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9, 0, 9, 0, 24, 0)) + bytes(243),
    }.items():
        yield Odd(f"no picture: {name}", content, REASON)


def _polyglots() -> Iterator[Odd]:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("a.txt", "a")
    page = b"<html><script>alert(1)</script></html>"
    for kind in KINDS:
        content = encoded(photo(), kind)
        yield Odd(f"archive after {kind}", content + archive.getvalue(), PICTURE)
        yield Odd(f"page after {kind}", content + page, PICTURE)
        yield Odd(f"page before {kind}", page + content, REASON)
    yield Odd("two pictures", encoded(photo(), "JPEG") + encoded(photo(seed=2), "PNG"), PICTURE)


def _orientations() -> Iterator[Odd]:
    for kind in ORIENTED:
        for value in (*range(1, 9), 0, 9, 65535):
            exif = Pillow.Exif()
            exif[ORIENTATION] = value
            yield Odd(f"orientation {value} {kind}", encoded(photo(), kind, exif=exif.tobytes()), PICTURE)
    for name, tiff in {
        "text": _ifd((ORIENTATION, 2, 4, b"six\0")),
        "nothing": _ifd((ORIENTATION, 3, 0, b"\0\0\0\0")),
        "very many": _ifd((ORIENTATION, 3, 0x7FFFFFFF, b"\xff\xff\xff\x7f")),
        "beyond": b"II*\0\xff\xff\xff\x7f",
        "around": b"II*\0\x08\0\0\0\0\0\x08\0\0\0",
        "short": b"II",
        "of itself": _ifd((0x8769, 4, 1, b"\x08\0\0\0")),
    }.items():
        content = encoded(photo(), "JPEG")
        segment = b"Exif\0\0" + tiff
        marked = content[:2] + b"\xff\xe1" + struct.pack(">H", len(segment) + 2) + segment + content[2:]
        yield Odd(f"exif: {name}", marked, PICTURE)


def _ifd(*entries: tuple[int, int, int, bytes]) -> bytes:
    rows = b"".join(struct.pack("<HHI", *entry[:3]) + entry[3] for entry in entries)
    return b"II*\0\x08\0\0\0" + struct.pack("<H", len(entries)) + rows + bytes(4)


def _modes() -> Iterator[Odd]:
    grey = photo().convert("L")
    wide = grey.convert("I").point(lambda value: value * 200).convert("I;16")
    for name, picture, kinds in (
        ("one bit", grey.convert("1"), ("PNG", "BMP", "TIFF", "GIF")),
        ("grey", grey, ("JPEG", "PNG", "BMP", "TIFF", "GIF", "WEBP", "AVIF")),
        ("grey and alpha", grey.convert("LA"), ("PNG", "TIFF", "WEBP", "AVIF")),
        ("palette", photo().quantize(200), ("PNG", "BMP", "TIFF", "GIF")),
        ("alpha", photo().convert("RGBA"), ("PNG", "TIFF", "WEBP", "AVIF", "BMP")),
        ("sixteen bits", wide, ("PNG", "TIFF")),
        ("thirty-two bits", grey.convert("I"), ("TIFF",)),
        ("floats", grey.convert("F"), ("TIFF",)),
        ("no numbers", grey.convert("F").point(lambda value: value * float("inf") + 0), ("TIFF",)),
        ("inks", photo().convert("CMYK"), ("JPEG", "TIFF")),
        ("luma", photo().convert("YCbCr"), ("JPEG", "TIFF")),
        ("lab", photo().convert("LAB"), ("TIFF",)),
    ):
        for kind in kinds:
            yield Odd(f"{name} {kind}", encoded(picture, kind), PICTURE)
    for value in (3, bytes(range(200))):
        content = encoded(photo().quantize(200), "PNG", transparency=value)
        yield Odd(f"transparent palette {type(value).__name__}", content, PICTURE)


def _animations() -> Iterator[Odd]:
    frames = [photo(seed=seed) for seed in range(1, 4)]
    for kind in ("GIF", "WEBP", "PNG", "TIFF", "AVIF", "MPO"):
        content = encoded(frames[0], kind, save_all=True, append_images=frames[1:])
        yield Odd(f"several pictures {kind}", content, PICTURE)
        yield Odd(f"several pictures, the last cut {kind}", content[: len(content) * 9 // 10])


def _segment(marker: int, body: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", len(body) + 2) + body


def _jpegs() -> Iterator[Odd]:
    content = encoded(photo(), "JPEG")
    progressive = encoded(photo(400, 300), "JPEG", progressive=True)
    frame = content.index(b"\xff\xc0")
    scan = content.index(b"\xff\xda")
    tables = content.index(b"\xff\xdb")
    codes = content.index(b"\xff\xc4")
    profile = encoded(photo(), "JPEG", icc_profile=b"no profile" * 30_000)

    def sized(width: int, height: int) -> bytes:
        return content[: frame + 5] + struct.pack(">HH", height, width) + content[frame + 9 :]

    yield Odd("no end", content[:-2])
    yield Odd("two beginnings", content[:2] + content, EITHER)
    yield Odd("fill bytes", content[:2] + b"\xff" * 50 + content[2:], PICTURE)
    yield Odd("zeros at the end", content + bytes(5000), PICTURE)
    yield Odd("long comment", content[:2] + _segment(0xFE, b"c" * 65533) + content[2:], PICTURE)
    yield Odd("a thousand comments", content[:2] + _segment(0xFE, b"c" * 60) * 1000 + content[2:], PICTURE)
    yield Odd("comment of no length", content[:2] + b"\xff\xfe\0\0" + content[2:])
    yield Odd("no tables", content[:tables] + content[codes:])
    yield Odd("no codes", content[:codes] + content[scan:])
    yield Odd("no scan", content[:scan] + b"\xff\xd9", REASON)
    yield Odd("height that comes later", sized(120, 0))
    yield Odd("no width", sized(0, 80), REASON)
    yield Odd("less than is there", sized(40, 30))
    yield Odd("more than is there", sized(300, 300))
    yield Odd("as large as can be", sized(65535, 65535), REASON)
    yield Odd("a profile in pieces", profile, PICTURE)
    yield Odd("a profile that lacks pieces", profile.replace(b"ICC_PROFILE\0\2", b"ICC_PROFILE\0\7"), PICTURE)
    yield Odd("inks of adobe", encoded(photo().convert("CMYK"), "JPEG").replace(b"Adobe\0\x64", b"Adobe\0\0"), PICTURE)
    for transform in range(4):
        adobe = _segment(0xEE, b"Adobe\0\x64\0\0\0\0" + bytes((transform,)))
        start = content.index(b"\xff\xdb")
        yield Odd(f"adobe says {transform}", content[:2] + adobe + content[start:])
    for sof in (0xC1, 0xC3, 0xC5, 0xC9, 0xCA, 0xCB):
        yield Odd(f"frame of kind {sof:x}", content[: frame + 1] + bytes((sof,)) + content[frame + 2 :])
    yield Odd("twelve bits", content[: frame + 4] + b"\x0c" + content[frame + 5 :], REASON)
    yield Odd("progressive", progressive, PICTURE)
    for count in (3, 1000):
        yield Odd(f"progressive, {count} scans more", more_scans(progressive, count))
    for sampling in (0, 1, 2):
        yield Odd(f"sampling {sampling}", encoded(photo(), "JPEG", subsampling=sampling, quality=30), PICTURE)
    restarts = bytearray(encoded(photo(300, 200), "JPEG", restart_marker_blocks=2))
    yield Odd("restarts", bytes(restarts), PICTURE)
    yield Odd("restarts out of order", bytes(restarts).replace(b"\xff\xd3", b"\xff\xd6"))


def more_scans(progressive: bytes, count: int) -> bytes:
    """The same with its last scan so many times more."""
    last = progressive.rindex(b"\xff\xda")
    return progressive[:-2] + progressive[last:-2] * count + progressive[-2:]


def slow_picture() -> bytes:
    """A JPEG that takes minutes to read."""
    return more_scans(encoded(Pillow.new("L", (5000, 5000)), "JPEG", progressive=True), 5000)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width: int, height: int, pixels: bytes, *chunks: bytes, depth: int = 8, color: int = 0, rest: int = 0) -> bytes:
    """A PNG of packed rows; `rest` is 1 for interlaced."""
    head = _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, rest))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(chunks) + _chunk(b"IDAT", pixels) + _chunk(b"IEND", b"")


def _pngs() -> Iterator[Odd]:
    rows = zlib.compress((b"\0" + bytes(range(32))) * 32)
    bomb = zlib.compress(bytes(200_000_000), 9)
    # Passes of an 8 x 8 picture (PNG specification, 8.2), each row with its filter.
    passes = ((1, 1), (1, 1), (2, 1), (2, 2), (4, 2), (4, 4), (8, 4))
    interlaced = zlib.compress(b"".join((b"\0" + b"\x80" * width) * height for width, height in passes))
    yield Odd("interlaced", png(8, 8, interlaced, rest=1), PICTURE)
    yield Odd("interlaced, too short", png(8, 8, zlib.compress(b"\0\x80"), rest=1))
    for depth, color, a_px in ((16, 0, 2), (16, 2, 6), (16, 4, 4), (16, 6, 8), (8, 2, 3), (8, 4, 2), (8, 6, 4)):
        plain = zlib.compress((b"\0" + bytes(range(16 * a_px))) * 16)
        yield Odd(f"depth {depth} colour {color}", png(16, 16, plain, depth=depth, color=color), PICTURE)
    for depth in (1, 2, 4):
        plain = zlib.compress((b"\0" + b"\x5a" * (2 * depth)) * 16)
        yield Odd(f"depth {depth} grey", png(16, 16, plain, depth=depth), PICTURE)
        yield Odd(
            f"depth {depth} palette",
            png(16, 16, plain, _chunk(b"PLTE", b"\1\2\3" * 2**depth), depth=depth, color=3),
            PICTURE,
        )
    yield Odd("no palette", png(32, 32, rows, color=3))
    yield Odd("short palette", png(32, 32, rows, _chunk(b"PLTE", b"\1\2\3"), color=3))
    yield Odd("long transparency", png(32, 32, rows, _chunk(b"PLTE", b"\1\2\3"), _chunk(b"tRNS", b"\1" * 256), color=3))
    yield Odd("transparent grey", png(32, 32, rows, _chunk(b"tRNS", b"\0\5")), PICTURE)
    yield Odd("depth 3", png(32, 32, rows, depth=3), REASON)
    yield Odd("colour 5", png(32, 32, rows, color=5), REASON)
    yield Odd("no width png", png(0, 32, rows), REASON)
    yield Odd("no height png", png(32, 0, rows), REASON)
    yield Odd("too wide png", png(0x7FFFFFFF, 1, rows), REASON)
    yield Odd("too high png", png(1, 0x7FFFFFFF, rows), REASON)
    yield Odd("too large png", png(0x7FFFFFFF, 0x7FFFFFFF, rows), REASON)
    yield Odd("filter 9", png(32, 32, zlib.compress((b"\x09" + bytes(32)) * 32)), REASON)
    yield Odd("less than said", png(32, 64, rows))
    yield Odd("more than said", png(32, 16, rows), PICTURE)
    yield Odd("pixels that are a bomb", png(8, 8, bomb))
    for name, chunk in {
        "comment zTXt": _chunk(b"zTXt", b"Comment\0\0" + bomb),
        "comment iTXt": _chunk(b"iTXt", b"Comment\0\1\0\0\0" + bomb),
        "profile": _chunk(b"iCCP", b"profile\0\0" + bomb),
    }.items():
        yield Odd(f"a bomb as {name}", png(32, 32, rows, chunk))
    yield Odd("profile of nothing", png(32, 32, rows, _chunk(b"iCCP", b"p\0\0" + zlib.compress(b"none"))), PICTURE)
    yield Odd("wrong sum", png(32, 32, rows).replace(b"IHDR\0", b"IHDR\1", 1))
    yield Odd("a chunk nobody knows", png(32, 32, rows, _chunk(b"qqQq", b"1")), PICTURE)
    yield Odd("a needed chunk nobody knows", png(32, 32, rows, _chunk(b"QQQQ", b"1")))
    yield Odd("ten thousand chunks", png(32, 32, rows, *[_chunk(b"tEXt", b"a\0b")] * 10_000), PICTURE)


def _tiffs() -> Iterator[Odd]:
    for how in ("tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg", "zstd", "lzma"):
        yield Odd(f"tiff {how}", encoded(photo(), "TIFF", compression=how), PICTURE)
    for how in ("group3", "group4", "tiff_ccitt"):
        yield Odd(f"tiff {how}", encoded(photo().convert("1"), "TIFF", compression=how), PICTURE)
    yield Odd("tiff with wide offsets", encoded(photo(), "TIFF", big_tiff=True), PICTURE)
    plain = encoded(photo(), "TIFF")
    first = struct.unpack("<I", plain[4:8])[0]
    yield Odd("tiff without a directory", plain[:4] + b"\0\0\0\0" + plain[8:], REASON)
    yield Odd("tiff directory beyond", plain[:4] + b"\xf0\xff\xff\xff" + plain[8:], REASON)
    yield Odd("tiff directory with no end", plain[:first] + b"\xff\xff" + plain[first + 2 :])
    for tag, name in ((256, "width"), (257, "height"), (258, "bits"), (273, "offsets"), (277, "samples"), (278, "rows"),
                      (279, "counts"), (259, "compression"), (262, "meaning")):  # fmt: skip
        for value in (0, 0x7FFF, 0xFFFFFFFF):
            yield Odd(f"tiff {name} {value}", _with_tag(plain, tag, value))


def _with_tag(tiff: bytes, tag: int, value: int) -> bytes:
    first = struct.unpack("<I", tiff[4:8])[0]
    changed = bytearray(tiff)
    for number in range(struct.unpack_from("<H", tiff, first)[0]):
        place = first + 2 + 12 * number
        if struct.unpack_from("<H", tiff, place)[0] == tag:
            changed[place + 2 : place + 12] = struct.pack("<HII", 4, 1, value)
    return bytes(changed)


def _gifs() -> Iterator[Odd]:
    plain = encoded(photo().quantize(60), "GIF")
    frame = plain.index(b"\x2c\0\0\0\0")
    yield Odd("gif of no size", plain[:6] + bytes(4) + plain[10:])
    yield Odd("gif canvas too small", plain[:6] + struct.pack("<HH", 3, 3) + plain[10:])
    yield Odd("gif canvas too large", plain[:6] + struct.pack("<HH", 65535, 65535) + plain[10:], REASON)
    yield Odd("gif frame outside", plain[: frame + 1] + struct.pack("<HH", 60000, 60000) + plain[frame + 5 :])
    yield Odd("gif frame of no size", plain[: frame + 5] + bytes(4) + plain[frame + 9 :])
    yield Odd("gif without a frame", plain[:frame] + b"\x3b", REASON)
    yield Odd("gif with comments only", plain[:frame] + b"\x21\xfe\x01c\0" * 20_000 + b"\x3b", REASON)
    yield Odd("gif of bad codes", plain[: frame + 12] + b"\xff" * (len(plain) - frame - 13) + b"\x3b")
    yield Odd("gif code size 12", plain[: frame + 10] + b"\x0c" + plain[frame + 11 :])
    yield Odd("gif without colours", plain[:10] + b"\0" + plain[11:])


def _bitmaps() -> Iterator[Odd]:
    plain = encoded(photo(), "BMP")
    for name, place, layout, values in (
        ("width", 18, "<i", (0, -1, 1, 0x7FFFFFFF)),
        ("height", 22, "<i", (0, -80, -0x7FFFFFFF, 0x7FFFFFFF)),
        ("bits", 28, "<H", (0, 1, 3, 4, 8, 16, 32, 64)),
        ("compression", 30, "<I", (1, 2, 3, 4, 5, 99)),
        ("offset", 10, "<I", (0, 0xFFFFFFFF)),
        ("colours", 46, "<I", (0xFFFFFFFF, 1 << 20)),
    ):
        for value in values:
            changed = bytearray(plain)
            struct.pack_into(layout, changed, place, value)
            yield Odd(f"bitmap {name} {value}", bytes(changed))
    runs = b"\xff\0" * 30_000
    head = struct.pack("<IiiHHIIiiII", 40, 500, 500, 1, 8, 1, len(runs), 0, 0, 2, 0)
    yield Odd("bitmap of runs", b"BM" + struct.pack("<IHHI", 0, 0, 0, 62) + head + bytes(8) + runs)


def _webps() -> Iterator[Odd]:
    yield Odd("webp lossless", encoded(photo(), "WEBP", lossless=True), PICTURE)
    yield Odd(
        "webp with everything", encoded(photo().convert("RGBA"), "WEBP", exif=b"Exif\0\0II", icc_profile=b"no"), PICTURE
    )
    plain = encoded(photo(), "WEBP")
    yield Odd("webp says it is longer", plain[:4] + b"\xff\xff\xff\x7f" + plain[8:])
    yield Odd("webp says it is shorter", plain[:4] + b"\x10\0\0\0" + plain[8:])
    extended = encoded(photo().convert("RGBA"), "WEBP", exif=b"Exif\0\0II*\0\x08\0\0\0\0\0\0\0\0\0")
    size = extended.index(b"VP8X") + 12
    yield Odd("webp as large as can be", extended[:size] + b"\xff" * 6 + extended[size + 6 :], REASON)
    yield Odd("webp smaller outside", extended[:size] + bytes(6) + extended[size + 6 :])
    for flags in (0, 0xFF):
        yield Odd(f"webp flags {flags}", extended[: size - 4] + bytes((flags,)) + extended[size - 3 :])


def _long_and_empty() -> Iterator[Odd]:
    for width, height in ((65500, 1), (1, 65500), (1, 1), (16383, 3)):
        picture = Pillow.new("RGB", (width, height), (9, 99, 199))
        for kind in ("JPEG", "PNG", "GIF", "BMP", "TIFF") + (("WEBP",) if max(width, height) < 16384 else ()):
            yield Odd(f"{width} x {height} {kind}", encoded(picture, kind), PICTURE)


def _bombs() -> Iterator[Odd]:
    """Little to read and much to hold."""
    yield Odd("square of bits", png(11_000, 11_000, zlib.compress(bytes(11_000 * 1_376), 9), depth=1), PICTURE)
    yield Odd("too many bits", png(60_000, 60_000, zlib.compress(bytes(1000), 9), depth=1), REASON)
    yield Odd("too many colours", png(20_000, 20_000, zlib.compress(bytes(1000), 9), color=2), REASON)
    yield Odd("large and short", png(15_000, 15_000, zlib.compress(bytes(1000), 9), color=6), REASON)
    yield Odd("bitmap that says much", _with_size(encoded(Pillow.new("1", (8, 8)), "BMP"), 60_000, 50_000), REASON)
    yield Odd("many scans of much", slow_picture(), REASON)
    yield Odd("large jpeg", encoded(Pillow.new("RGB", (12_000, 9_000), "teal"), "JPEG"), PICTURE)


def _with_size(bitmap: bytes, width: int, height: int) -> bytes:
    return bitmap[:18] + struct.pack("<II", width, height) + bitmap[26:]


def _heads_with_noise() -> Iterator[Odd]:
    chance = random.Random(3)
    for kind in KINDS:
        head = encoded(photo(), kind)[:48]
        for length in (50, 5000, 300_000):
            yield Odd(f"noise of {length} after {kind}", head + chance.randbytes(length))


def _flipped() -> Iterator[Odd]:
    sound = seeds()
    for number in range(40):
        yield Odd(f"changed {number}", mutated(number, sound))
