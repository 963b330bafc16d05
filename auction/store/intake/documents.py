"""What may come in from outside: every uploaded file is judged by its bytes, not by its name.

A PDF is parsed in a process of its own that has little memory, little time and no settings,
so that a file made to break a parser breaks that process only.
"""

import asyncio
import re
import subprocess
import sys
import threading
import zlib
from collections.abc import Iterator
from enum import StrEnum
from io import BytesIO
from pathlib import Path

import pikepdf

from auction.kernel.refusal import Refusal

MEGABYTE = 1 << 20
PDF_BYTES_MAX = 50 * MEGABYTE
TEXT_BYTES_MAX = 8 * MEGABYTE
PAGES_MAX = 500
OBJECTS_MAX = 100_000
PAGE_POINTS_MAX = 14_400  # 200 inches, as far as readers go
STREAM_BYTES_MAX = 256 * MEGABYTE
STREAMS_BYTES_MAX = 512 * MEGABYTE
MEMORY_BYTES_MAX = 1024 * MEGABYTE
CPU_SECONDS_MAX = 10
WAIT_SECONDS_MAX = 20
_NEST_MAX = 3
_TAIL = _HEAD = 1024
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
_STREAM = re.compile(rb"stream\r?\n")
_ACTIONS = {
    "/JavaScript": Fault.SCRIPT,
    "/Launch": Fault.LAUNCH,
    "/Rendition": Fault.MEDIA,
    "/Movie": Fault.MEDIA,
    "/Sound": Fault.MEDIA,
    "/RichMediaExecute": Fault.MEDIA,
    "/SubmitForm": Fault.REMOTE,
    "/ImportData": Fault.REMOTE,
    "/GoToR": Fault.REMOTE,
    "/GoToE": Fault.REMOTE,
}
_KEYS = {
    "/JS": Fault.SCRIPT,
    "/JavaScript": Fault.SCRIPT,
    "/EF": Fault.EMBEDDED,
    "/EmbeddedFiles": Fault.EMBEDDED,
    "/RichMediaContent": Fault.MEDIA,
    "/XFA": Fault.XFA,
}


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
                [sys.executable, "-m", __name__],
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


def inspect_pdf(content: bytes) -> Fault | None:
    """What is wrong with a PDF; to be run apart, with limits on memory and time."""
    if _is_bomb(content):
        return Fault.BOMB
    try:
        with pikepdf.open(BytesIO(content)) as pdf:
            if pdf.is_encrypted:
                return Fault.ENCRYPTED
            return _fault_of_objects(pdf) or _fault_of_pages(pdf)
    except pikepdf.PasswordError:
        return Fault.ENCRYPTED
    except MemoryError:
        return Fault.BOMB
    except (pikepdf.PdfError, ValueError, TypeError, KeyError, RuntimeError, RecursionError):
        return Fault.BROKEN


def _is_bomb(content: bytes) -> bool:
    """Whether its streams unpack to far more than anybody wants, however deep they are packed."""
    total = 0
    for found in _STREAM.finditer(content):
        unpacked = _unpacked_bytes(memoryview(content)[found.end() :], 1)
        total += unpacked
        if unpacked > STREAM_BYTES_MAX or total > STREAMS_BYTES_MAX:
            return True
    return False


def _unpacked_bytes(packed: memoryview | bytes, depth: int) -> int:
    """How long a stream gets, up to just over the limit; what is not deflated counts nothing."""
    if bytes(packed[:1]) != b"\x78" or depth > _NEST_MAX:
        return 0
    engine = zlib.decompressobj()
    length, first, rest = 0, b"", bytes(packed[:MEGABYTE])
    taken = len(rest)
    while length <= STREAM_BYTES_MAX and not engine.eof:
        try:
            piece = engine.decompress(rest, MEGABYTE)
        except zlib.error:
            break
        length += len(piece)
        first = first or piece
        rest = engine.unconsumed_tail
        if not rest:
            rest = bytes(packed[taken : taken + MEGABYTE])
            taken += len(rest)
            if not rest and not piece:
                break
    return max(length, _unpacked_bytes(first, depth + 1))


def _fault_of_objects(pdf: pikepdf.Pdf) -> Fault | None:
    for count, thing in enumerate(pdf.objects):
        if count > OBJECTS_MAX:
            return Fault.TOO_MANY_OBJECTS
        for part in _parts(thing):
            fault = _fault_of(part)
            if fault is not None:
                return fault
    return None


def _parts(thing: pikepdf.Object) -> Iterator[pikepdf.Object]:
    """The dictionaries of an object that lie within it; what it refers to has its own turn."""
    waiting = [thing]
    while waiting:
        part = waiting.pop()
        if isinstance(part, pikepdf.Dictionary | pikepdf.Stream):
            yield part
            inner = [value for _, value in part.items()]
        elif isinstance(part, pikepdf.Array):
            inner = list(part)
        else:
            continue
        waiting += [
            value for value in inner if isinstance(value, pikepdf.Object) and not value.is_indirect
        ]


def _fault_of(part: pikepdf.Object) -> Fault | None:
    for key in part.keys():  # noqa: SIM118  (a PDF dictionary iterates over nothing else)
        if key in _KEYS:
            return _KEYS[key]
    action = part.get("/S")
    if isinstance(action, pikepdf.Name) and str(action) in _ACTIONS:
        return _ACTIONS[str(action)]
    kinds = {str(part.get(name, "")) for name in ("/Type", "/Subtype")}
    if kinds & {"/EmbeddedFile", "/FileAttachment"}:
        return Fault.EMBEDDED
    return Fault.MEDIA if kinds & {"/RichMedia", "/Movie", "/Screen", "/3D"} else None


def _fault_of_pages(pdf: pikepdf.Pdf) -> Fault | None:
    if not pdf.pages:
        return Fault.NO_PAGES
    if len(pdf.pages) > PAGES_MAX:
        return Fault.TOO_MANY_PAGES
    for page in pdf.pages:
        left, bottom, right, top = (float(side) for side in page.mediabox)
        width, height = abs(right - left), abs(top - bottom)
        if not 0 < width <= PAGE_POINTS_MAX or not 0 < height <= PAGE_POINTS_MAX:
            return Fault.PAGE_SIZE
    return None


def _main() -> None:
    import resource  # noqa: PLC0415  (only where this runs apart)

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES_MAX, MEMORY_BYTES_MAX))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS_MAX, CPU_SECONDS_MAX))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    sys.stdout.write("ok" + (inspect_pdf(sys.stdin.buffer.read()) or ""))


if __name__ == "__main__":
    _main()
