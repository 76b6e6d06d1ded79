"""What a picture looks like in 128 bits: pictures that look alike differ in few of them."""

from __future__ import annotations

import dhash
from PIL import Image as Pillow

from labeler.decoding.pixels import decode

_SIDE = 8
_FIELDS = _SIDE + 1
_LOOKED_AT = 16 * _FIELDS
"""px of the longer side that is looked at: what is finer does not count."""


def picture_hash(content: bytes) -> bytes:
    """Which of neighbouring fields of the upright picture is the lighter one, a bit each, across and then down.

    As `kept_hashes.HASH_BYTES` bytes. Another size or encoding changes few of the bits, and so does other light.
    Raises InvalidValue with a sentence to show, and MemoryError.
    """
    memory = bytearray()

    def allocate(size: int) -> memoryview:
        memory.extend(bytes(size))
        return memoryview(memory)

    shape = decode(content, _LOOKED_AT, allocate)
    picture = Pillow.frombuffer("RGB", shape.sizes[0], memory, "raw", "BGRX", 0, 1)
    fields = picture.convert("L").resize((_FIELDS, _FIELDS), Pillow.Resampling.BOX)
    found: bytes = dhash.format_bytes(*dhash.dhash_row_col(tuple(fields.tobytes()), _SIDE), _SIDE)
    return found
