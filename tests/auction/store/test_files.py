import os
from datetime import UTC, datetime
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


async def test_putting_again_heals_a_damaged_file(tmp_path: Path) -> None:
    files = FileStore(tmp_path)
    digest = await files.put(b"report")
    (tmp_path / digest[:2] / digest).write_bytes(b"")  # a power cut before the flush
    assert await files.put(b"report") == digest
    assert await files.get(digest) == b"report"


async def test_files_are_for_the_owner_alone(tmp_path: Path) -> None:
    digest = await FileStore(tmp_path / "files").put(b"report")
    assert (tmp_path / "files" / digest[:2] / digest).stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "files").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("scheme", ["memory:///", "file://"])
async def test_a_store_by_url_keeps_the_same_promises(scheme: str, tmp_path: Path) -> None:
    files = FileStore(scheme if scheme.startswith("memory") else f"{scheme}{tmp_path}")
    digest = await files.put(b"report")
    assert await files.get(digest) == b"report"
    with pytest.raises(Refusal, match=r"file\.missing"):
        await files.get("0" * 64)
    (stored,) = [file async for file in files.stored_before(datetime.max.replace(tzinfo=UTC))]
    assert stored.digest == digest
    assert await files.discard(stored)
    assert not await files.discard(stored)
    with pytest.raises(Refusal, match=r"file\.missing"):
        await files.get(digest)


async def test_a_file_is_flushed_before_its_digest_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed: list[str] = []
    real = os.fsync

    def noted(handle: int) -> None:
        flushed.append(os.readlink(f"/proc/self/fd/{handle}"))
        real(handle)

    monkeypatch.setattr(os, "fsync", noted)
    digest = await FileStore(tmp_path).put(b"report")
    assert flushed == [
        str(tmp_path / digest[:2] / digest), str(tmp_path / digest[:2]), str(tmp_path),
    ]  # fmt: skip
