"""What may come in from outside: every uploaded file is judged by its bytes, not by its name.

A PDF is parsed in a process of its own that has little memory, little time and no settings,
so that a file made to break a parser breaks that process only.
"""

import asyncio
import re
import subprocess
import sys
import threading
from enum import StrEnum
from pathlib import Path

from auction.kernel.refusal import Refusal

MEGABYTE = 1 << 20
PDF_BYTES_MAX = 50 * MEGABYTE
TEXT_BYTES_MAX = 8 * MEGABYTE
WAIT_SECONDS_MAX = 20
_TAIL = _HEAD = 1024
_INSPECTOR = "auction.store.intake.inspector"
_ROOT = Path(__file__).resolve().parents[3]
_turns = threading.BoundedSemaphore(2)


class Fault(StrEnum):
    """Why a file is not taken."""

    EMPTY = "file.empty"
    TOO_LARGE = "file.too_large"
    PROGRAM = "file.is_program"
    ARCHIVE = "file.is_archive"
    OFFICE = "file.is_office"
    WEB_PAGE = "file.is_web_page"
    PICTURE = "file.is_picture"
    PDF = "file.is_pdf"
    NOT_PDF = "file.not_pdf"
    NOT_TEXT = "file.not_text"
    DATA_BEFORE = "file.pdf_data_before"
    NO_END = "file.pdf_no_end"
    DATA_AFTER = "file.pdf_data_after"
    TWO_TYPES = "file.two_types"
    BROKEN = "file.pdf_broken"
    ENCRYPTED = "file.pdf_encrypted"
    SCRIPT = "file.pdf_script"
    LAUNCH = "file.pdf_launch"
    EMBEDDED = "file.pdf_embedded"
    MEDIA = "file.pdf_media"
    XFA = "file.pdf_xfa"
    REMOTE = "file.pdf_remote"
    NO_PAGES = "file.pdf_no_pages"
    TOO_MANY_PAGES = "file.pdf_too_many_pages"
    PAGE_SIZE = "file.pdf_page_size"
    TOO_MANY_OBJECTS = "file.pdf_too_many_objects"
    BOMB = "file.pdf_bomb"
    TOO_HARD = "file.pdf_too_hard"


_STARTS: tuple[tuple[bytes, Fault], ...] = (
    (b"MZ", Fault.PROGRAM),
    (b"\x7fELF", Fault.PROGRAM),
    (b"\xca\xfe\xba\xbe", Fault.PROGRAM),
    (b"#!", Fault.PROGRAM),
    (b"PK\x03\x04", Fault.ARCHIVE),
    (b"PK\x05\x06", Fault.ARCHIVE),
    (b"Rar!", Fault.ARCHIVE),
    (b"7z\xbc\xaf\x27\x1c", Fault.ARCHIVE),
    (b"\x1f\x8b", Fault.ARCHIVE),
    (b"BZh", Fault.ARCHIVE),
    (b"\xfd7zXZ", Fault.ARCHIVE),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Fault.OFFICE),
    (b"{\\rtf", Fault.OFFICE),
    (b"\xff\xd8\xff", Fault.PICTURE),
    (b"\x89PNG\r\n\x1a\n", Fault.PICTURE),
    (b"GIF8", Fault.PICTURE),
    (b"RIFF", Fault.PICTURE),
    (b"BM", Fault.PICTURE),
    (b"II*\x00", Fault.PICTURE),
    (b"MM\x00*", Fault.PICTURE),
    (b"%PDF-", Fault.PDF),
)
_OFFICE_PARTS = (b"word/", b"xl/", b"ppt/", b"[Content_Types].xml")
_WEB = re.compile(rb"<\s*(!doctype\s+html|html|script|svg|\?xml|iframe|body)\b", re.IGNORECASE)


def kind_of(content: bytes) -> Fault | None:
    """What the first bytes say a file is, named as the reason for which it may be refused."""
    found = next((fault for start, fault in _STARTS if content.startswith(start)), None)
    if found is Fault.ARCHIVE and any(part in content for part in _OFFICE_PARTS):
        return Fault.OFFICE
    if found is None and _WEB.match(content.lstrip(b"\xef\xbb\xbf \t\r\n")[:_HEAD]):
        return Fault.WEB_PAGE
    return found


def check_size(content: bytes, most: int) -> None:
    """Refuse nothing at all and too much."""
    if not content:
        raise Refusal(Fault.EMPTY)
    if len(content) > most:
        raise Refusal(Fault.TOO_LARGE)


def check_text(content: bytes) -> None:
    """Refuse whatever is no plain text; what the text says is for others to judge."""
    check_size(content, TEXT_BYTES_MAX)
    kind = kind_of(content)
    if kind is not None:
        raise Refusal(kind)
    if b"\0" in content:
        raise Refusal(Fault.NOT_TEXT)


async def check_pdf(content: bytes) -> None:
    """Refuse every PDF that does more than show pages, or that nobody should have to open."""
    check_size(content, PDF_BYTES_MAX)
    _check_ends(content)
    told = await asyncio.to_thread(_inspected_apart, content)
    if told:
        raise Refusal(Fault(told))


def _check_ends(content: bytes) -> None:
    """A PDF is one from its first byte to its last, and nothing else besides."""
    kind = kind_of(content)
    if kind is not Fault.PDF:
        is_late = b"%PDF-" in content[:_HEAD]
        raise Refusal(Fault.DATA_BEFORE if is_late else kind or Fault.NOT_PDF)
    end = content.rfind(b"%%EOF")
    if end < 0:
        raise Refusal(Fault.NO_END)
    tail = content[end + 5 :]
    if b"PK\x05\x06" in tail or _WEB.search(content[:_HEAD]) or _WEB.search(tail):
        raise Refusal(Fault.TWO_TYPES)
    if len(tail) > _TAIL:
        raise Refusal(Fault.DATA_AFTER)


def _inspected_apart(content: bytes) -> str:
    with _turns:
        try:
            done = subprocess.run(
                [sys.executable, "-m", _INSPECTOR],
                input=content,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd=_ROOT,
                env={"PYTHONPATH": str(_ROOT)},  # the child is told no secrets
                timeout=WAIT_SECONDS_MAX,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return Fault.TOO_HARD
    told = done.stdout.decode().strip()
    return told.removeprefix("ok") if done.returncode == 0 and told else Fault.TOO_HARD
