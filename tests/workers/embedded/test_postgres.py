"""The embedded PostgreSQL: starts as root or not, recovers after a kill, keeps its rows."""

import os
import shutil
import signal
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from workers.embedded.postgres import EmbeddedPostgres, ServerError


@pytest.fixture(scope="module")
def base() -> Iterator[Path]:
    """A folder that an unprivileged user can reach, unlike pytest's own."""
    folder = Path(tempfile.mkdtemp(prefix="luochui-pg-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def postgres(base: Path) -> Iterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(base)
    server.start()
    yield server
    server.stop()


async def fetch(server: EmbeddedPostgres, statement: str) -> object:
    connection = await asyncpg.connect(server.url())
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


class TestEmbeddedPostgres:
    async def test_is_version_18_with_checksums(self, postgres: EmbeddedPostgres) -> None:
        assert str(await fetch(postgres, "SHOW server_version")).startswith("18.")
        assert await fetch(postgres, "SHOW data_checksums") == "on"
        assert await fetch(postgres, "SHOW listen_addresses") == "127.0.0.1"

    async def test_commits_wait_for_the_disk(self, postgres: EmbeddedPostgres) -> None:
        assert await fetch(postgres, "SHOW synchronous_commit") == "on"
        assert await fetch(postgres, "SHOW fsync") == "on"

    async def test_wants_the_password(self, postgres: EmbeddedPostgres) -> None:
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(postgres.url(password="wrong"))

    async def test_secrets_are_readable_by_their_owner_only(
        self, postgres: EmbeddedPostgres
    ) -> None:
        password = (postgres.base / "pg.password").stat()
        assert stat.S_IMODE(password.st_mode) == 0o600
        assert password.st_uid == os.geteuid()
        assert stat.S_IMODE(postgres.data.stat().st_mode) == 0o700

    async def test_rows_outlive_a_killed_server(self, base: Path) -> None:
        killed = EmbeddedPostgres(base / "killed")
        killed.start()
        await fetch(killed, "CREATE TABLE kept AS SELECT generate_series(1, 300) AS n")
        os.kill(killed.pid, signal.SIGKILL)  # and not reaped: its pid stays taken
        again = EmbeddedPostgres(killed.base)
        again.start()
        try:
            assert await fetch(again, "SELECT count(*) FROM kept") == 300
        finally:
            again.stop()
            killed.stop()

    async def test_a_half_made_data_folder_is_made_anew(self, base: Path) -> None:
        folder = base / "half"
        half = EmbeddedPostgres(folder)
        part = folder / "pg18.part"
        part.mkdir(parents=True)
        (part / "PG_VERSION").write_text("18\n")
        half.start()
        try:
            assert await fetch(half, "SELECT 1") == 1
            assert not part.exists()
        finally:
            half.stop()

    def test_a_program_that_is_not_there_is_named(
        self, base: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("workers.embedded.postgres.find_spec", lambda _name: None)
        monkeypatch.setattr(Path, "glob", lambda *_args: iter(()))
        with pytest.raises(ServerError, match="DATABASE_URL"):
            EmbeddedPostgres(base / "none").start()
