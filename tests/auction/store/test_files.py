from pathlib import Path

import pytest

from auction.kernel.refusal import Refusal
from auction.store.files import FileStore


async def test_what_was_put_comes_back(tmp_path: Path) -> None:
    files = FileStore(tmp_path)
    digest = await files.put(b"report")
    assert await files.put(b"report") == digest
    assert await files.get(digest) == b"report"


async def test_a_damaged_file_is_never_served(tmp_path: Path) -> None:
    files = FileStore(tmp_path)
    digest = await files.put(b"report")
    (tmp_path / digest[:2] / digest).write_bytes(b"repost")
    with pytest.raises(Refusal, match=r"file\.damaged"):
        await files.get(digest)


@pytest.mark.parametrize("digest", ["0" * 64, "../../etc/passwd", "", "/" * 64])
async def test_a_name_that_is_no_file_is_refused(tmp_path: Path, digest: str) -> None:
    with pytest.raises(Refusal, match=r"file\.missing"):
        await FileStore(tmp_path).get(digest)
