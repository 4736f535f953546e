"""Which files Telegram shows as pictures. What it shows so it compresses: the very bytes only come as a document.

Source: core.telegram.org/bots/api, "sendPhoto" (10 MB; width and height together 10,000; at most 20 times as long as
wide).
"""

import struct

MOST_BYTES = 10 * 1024 * 1024
SIDES = 10_000
RATIO = 20

_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8\xff"
_SIZES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}  # markers behind which a JPEG says how big it is


def is_picture(content: bytes) -> bool:
    """Whether Telegram takes these bytes as a picture."""
    size = _size(content)
    if size is None or len(content) > MOST_BYTES:
        return False
    shorter, longer = sorted(size)
    return shorter > 0 and longer <= RATIO * shorter and shorter + longer <= SIDES


def _size(content: bytes) -> tuple[int, int] | None:
    """Width and height; None for what is neither PNG nor JPEG, or is cut off before it says so."""
    try:
        if content.startswith(_PNG):
            width, height = struct.unpack_from(">II", content, 16)
            return width, height
        return _size_of_jpeg(content) if content.startswith(_JPEG) else None
    except (struct.error, IndexError):
        return None


def _size_of_jpeg(content: bytes) -> tuple[int, int] | None:
    at = 2
    while content[at] == _JPEG[0]:
        marker, length = content[at + 1], struct.unpack_from(">H", content, at + 2)[0]
        if marker in _SIZES:
            height, width = struct.unpack_from(">HH", content, at + 5)
            return width, height
        at += 2 + length
    return None
