"""A photograph as it may be shown: its pixels made anew, without place, device or hidden data."""

import asyncio
import threading
import warnings
from enum import StrEnum
from io import BytesIO

from PIL import Image, ImageOps

from auction.kernel.refusal import Refusal
from auction.store.intake.documents import MEGABYTE, Fault, check_size, kind_of

BYTES_MAX = 20 * MEGABYTE
PIXELS_MAX = 50_000_000
SIDE_MAX = 3000
"""Longer sides are scaled down for showing; the original is kept as it came."""
QUALITY = 88
FORMATS = ("JPEG", "PNG", "WEBP")
_STARTS = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")
_STRANGERS = (b"PK\x03\x04", b"PK\x05\x06", b"%PDF-", b"<script", b"<html", b"<?php", b"\x7fELF")
_turns = threading.BoundedSemaphore(2)


class PictureFault(StrEnum):
    """Why a picture is not taken."""

    UNKNOWN = "file.picture_unknown"
    BROKEN = "file.picture_broken"
    TOO_LARGE = "file.picture_too_large"
    PIXELS = "file.picture_pixels"
    MOVING = "file.picture_moving"
    TWO_TYPES = "file.picture_two_types"


async def clean_picture(content: bytes) -> bytes:
    """The picture encoded anew, upright and without metadata; refuses with `file.*`."""
    if len(content) > BYTES_MAX:
        raise Refusal(PictureFault.TOO_LARGE)
    check_size(content, BYTES_MAX)
    _check_kind(content)
    return await asyncio.to_thread(_made_anew, content)


def _check_kind(content: bytes) -> None:
    is_webp = content[:4] == b"RIFF" and content[8:12] == b"WEBP"
    if not is_webp and not content.startswith(_STARTS):
        kind = kind_of(content)
        raise Refusal(PictureFault.UNKNOWN if kind in (None, Fault.PICTURE) else kind)
    tail = content[_end_of(content) :]
    if any(stranger in tail for stranger in _STRANGERS):
        raise Refusal(PictureFault.TWO_TYPES)


def _end_of(content: bytes) -> int:
    """Where the picture ends and something else may have been hung on."""
    if content[:4] == b"RIFF":
        return int.from_bytes(content[4:8], "little") + 8
    if content.startswith(b"\x89PNG"):
        end = content.find(b"IEND")
        return end + 8 if end >= 0 else len(content)
    end = content.rfind(b"\xff\xd9")
    return end + 2 if end >= 0 else len(content)


def _made_anew(content: bytes) -> bytes:
    with _turns, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what Pillow would warn of is refused below
        try:
            with Image.open(BytesIO(content), formats=FORMATS) as picture:
                return _encoded(picture)
        except Image.DecompressionBombError as bomb:
            raise Refusal(PictureFault.PIXELS) from bomb
        except (OSError, ValueError, SyntaxError, EOFError, MemoryError) as wrong:
            raise Refusal(PictureFault.BROKEN) from wrong


def _encoded(picture: Image.Image) -> bytes:
    kind = picture.format if picture.format in FORMATS else "JPEG"
    if picture.width * picture.height > PIXELS_MAX:
        raise Refusal(PictureFault.PIXELS)
    if kind != "JPEG" and getattr(picture, "n_frames", 1) > 1:
        raise Refusal(PictureFault.MOVING)
    has_alpha = kind != "JPEG" and ("A" in picture.getbands() or "transparency" in picture.info)
    upright = ImageOps.exif_transpose(picture).convert("RGBA" if has_alpha else "RGB")
    upright.thumbnail((SIDE_MAX, SIDE_MAX))
    clean = Image.new(upright.mode, upright.size)  # a new one carries nothing over
    clean.paste(upright)
    out = BytesIO()
    if kind == "PNG":
        clean.save(out, "PNG", optimize=False)
    else:
        clean.save(out, kind, quality=QUALITY)
    return out.getvalue()
