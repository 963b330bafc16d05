"""Files in a bucket by its URL: the folder's promises, kept over the wire with signed requests."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from obstore.exceptions import BaseError

from auction.kernel.canonical import sha256_hex
from auction.kernel.refusal import Refusal
from auction.store.files import FileStore
from tests.buckets import PREFIX, URL, Bucket, a_bucket

FAR = datetime.max.replace(tzinfo=UTC)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bucket]:
    with a_bucket(tmp_path_factory.mktemp("s3")) as bucket:
        yield bucket


@pytest.fixture
def bucket(server: Bucket, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    for name, value in server.access.items():
        monkeypatch.setenv(name, value)
    return server


async def test_what_was_put_is_an_object_under_its_digest(bucket: Bucket) -> None:
    digest = await FileStore(URL).put(b"report")
    place = bucket.folder / PREFIX / digest[:2] / digest
    assert digest == sha256_hex(b"report")
    assert place.read_bytes() == b"report"
    assert await FileStore(URL).get(digest) == b"report"


async def test_a_missing_and_a_damaged_object_are_refused(bucket: Bucket) -> None:
    files = FileStore(URL)
    with pytest.raises(Refusal, match=r"file\.missing"):
        await files.get("0" * 64)
    digest = await files.put(b"damaged")
    (bucket.folder / PREFIX / digest[:2] / digest).write_bytes(b"demaged")
    with pytest.raises(Refusal, match=r"file\.damaged"):
        await files.get(digest)
    await files.put(b"damaged")
    assert await files.get(digest) == b"damaged"


async def test_orphans_are_found_and_go_unless_they_were_put_again(bucket: Bucket) -> None:
    files = FileStore(URL)
    digest = await files.put(b"orphan")
    (found,) = [file async for file in files.stored_before(FAR) if file.digest == digest]
    assert not [file async for file in files.stored_before(found.put_at)
                if file.digest == digest]  # fmt: skip
    assert await files.discard(found)
    assert digest not in bucket.digests()
    assert not await files.discard(found)


async def test_whoever_has_another_secret_stores_nothing(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "guessed")
    with pytest.raises(BaseError):
        await FileStore(URL).put(b"smuggled")
    assert sha256_hex(b"smuggled") not in bucket.digests()
