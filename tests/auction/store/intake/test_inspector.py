"""What the process apart finds, and that it lives with little memory and time."""

import subprocess
import sys
from pathlib import Path

import pytest

from auction.store.intake.documents import Fault
from auction.store.intake.inspector import inspect_pdf
from tests.auction.store.intake.bad_files import GOOD, PDFS

INSIDE = {
    Fault.BROKEN, Fault.ENCRYPTED, Fault.SCRIPT, Fault.LAUNCH, Fault.EMBEDDED, Fault.MEDIA,
    Fault.XFA, Fault.REMOTE, Fault.NO_PAGES, Fault.TOO_MANY_PAGES, Fault.PAGE_SIZE,
}  # fmt: skip
"""What only parsing can tell."""


def test_a_harmless_pdf_has_no_fault() -> None:
    assert inspect_pdf(GOOD) is None


@pytest.mark.parametrize("name", [name for name, row in PDFS.items() if row[1] in INSIDE])
def test_what_lies_inside_is_found(name: str) -> None:
    content, reason = PDFS[name]
    assert inspect_pdf(content) == reason


def test_a_stream_packed_twice_is_unpacked_twice() -> None:
    assert inspect_pdf(PDFS["a stream packed twice"][0]) is Fault.BOMB


def test_the_process_apart_gives_itself_limits() -> None:
    program = (
        "import io, resource, sys; from auction.store.intake import inspector;"
        "sys.stdin = io.TextIOWrapper(io.BytesIO(b'%PDF-'));"
        "inspector._main();"
        "print('', *(resource.getrlimit(kind)[1] for kind in"
        " (resource.RLIMIT_AS, resource.RLIMIT_CPU, resource.RLIMIT_FSIZE)))"
    )
    root = Path(__file__).resolve().parents[4]
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["okfile.pdf_broken", str(1 << 30), "10", "0"]
