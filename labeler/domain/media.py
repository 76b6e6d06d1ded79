"""Kinds of picture by their first bytes, extension and mime type."""

from __future__ import annotations

MIME_OF_EXTENSION = {
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".webp": "image/webp",
    ".bmp": "image/bmp",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
    ".gif": "image/gif",
    ".avif": "image/avif",
    ".heic": "image/heic",
    ".pcd": "pointcloud/pcd",
    ".mp4": "video/mp4",
    ".wav": "audio/wav",
    ".mp3": "audio/mpeg",
    ".rgba": "image/vnd.viam.rgba",
    ".dep": "image/vnd.viam.dep",
}
"""Extensions (lower case, with the dot) and the mime type that data with it has, as robots send them."""

EXTENSION_OF_MIME = {
    "image/jpeg": ".jpeg",
    **{mime: ext for ext, mime in reversed(MIME_OF_EXTENSION.items()) if mime != "image/jpeg"},
}
PICTURE_EXTENSIONS = frozenset(
    ext for ext, mime in MIME_OF_EXTENSION.items() if mime.startswith("image/") and "vnd" not in mime
)
SHOWN = frozenset(
    ("image/jpeg", "image/png", "image/webp", "image/bmp", "image/tiff", "image/gif", "image/avif")
)  # fmt: skip
"""Kinds that are shown. SVG is not among them: it is a program that reads other files."""
HEAD_SIZE = 32
"""How many first bytes `sniff` needs."""
LOOK_SIZE = 256
"""How many first bytes `why_not_shown` needs."""


def sniff(head: bytes) -> str | None:
    """The mime type of a picture by its first `HEAD_SIZE` bytes; None for anything else.

    Signatures are those of the formats' specifications.
    """
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if head.startswith((b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")):
        return "image/tiff"
    if head.startswith(b"BM") and len(head) >= 18 and head[14:18] in _BMP_HEADERS:
        return "image/bmp"
    if head[4:8] == b"ftyp":
        brands = {head[i : i + 4] for i in range(8, len(head) - 3, 4)}
        if brands & {b"avif", b"avis"}:
            return "image/avif"
        if brands & {b"heic", b"heix", b"mif1"}:
            return "image/heic"
    return None


def why_not_shown(head: bytes) -> str:
    """Why what begins with these `LOOK_SIZE` bytes cannot be shown, to follow "because"; empty if it can."""
    kind = sniff(head[:HEAD_SIZE])
    if kind in SHOWN:
        return ""
    if kind:
        return f"{kind.removeprefix('image/').upper()} needs a program that knows it; save it as JPEG or PNG"
    if not head:
        return "it is empty"
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if b"<svg" in text or text.startswith(b"<?xml"):
        return "it is a drawing or a text in XML"
    if b"\x00" not in head:
        return "it looks like text"
    return "its kind is not known"


_BMP_HEADERS = {size.to_bytes(4, "little") for size in (12, 16, 40, 52, 56, 64, 108, 124)}
