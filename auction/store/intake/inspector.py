"""What is inside a PDF; run in a process of its own, which may break and take nothing along."""

import re
import sys
import zlib
from collections.abc import Iterator
from io import BytesIO

import pikepdf

from auction.store.intake.documents import MEGABYTE, Fault

PAGES_MAX = 500
OBJECTS_MAX = 100_000
PAGE_POINTS_MAX = 14_400  # 200 inches, as far as readers go
STREAM_BYTES_MAX = 256 * MEGABYTE
STREAMS_BYTES_MAX = 512 * MEGABYTE
MEMORY_BYTES_MAX = 1024 * MEGABYTE
CPU_SECONDS_MAX = 10
_NEST_MAX = 3
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
