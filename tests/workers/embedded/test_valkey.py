"""The embedded Valkey: starts behind a password, keeps what it was given, leaves nothing."""

import os
import signal
import stat
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from workers.embedded.valkey import EmbeddedValkey


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[EmbeddedValkey]:
    server = EmbeddedValkey(tmp_path)
    server.start()
    yield server
    server.stop()


class TestEmbeddedValkey:
    def test_answers_those_who_know_the_password(self, valkey: EmbeddedValkey) -> None:
        with redis.Redis.from_url(valkey.url) as client:
            assert client.ping()
            assert client.config_get("appendonly")["appendonly"] == "yes"
            assert client.config_get("maxmemory-policy")["maxmemory-policy"] == "noeviction"

    def test_refuses_those_who_do_not(self, valkey: EmbeddedValkey) -> None:
        with (
            redis.Redis(host="127.0.0.1", port=valkey.port) as stranger,
            pytest.raises(redis.AuthenticationError),
        ):
            stranger.get("anything")

    def test_its_settings_file_is_readable_by_its_owner_only(self, valkey: EmbeddedValkey) -> None:
        mode = (valkey.base / "valkey.conf").stat().st_mode
        assert stat.S_IMODE(mode) == 0o600

    def test_a_second_start_finds_what_the_first_was_given(self, tmp_path: Path) -> None:
        first = EmbeddedValkey(tmp_path)
        first.start()
        with redis.Redis.from_url(first.url) as client:
            client.set("lot", "1")
        first.stop()
        assert not first.is_running()
        second = EmbeddedValkey(tmp_path)
        second.start()
        try:
            with redis.Redis.from_url(second.url) as client:
                assert client.get("lot") == b"1"
            assert second.url != first.url
        finally:
            second.stop()

    def test_comes_back_where_it_was(self, valkey: EmbeddedValkey) -> None:
        url = valkey.url
        os.kill(valkey.pid, signal.SIGKILL)
        while valkey.is_running():
            time.sleep(0.01)
        valkey.revive()
        assert valkey.url == url
        with redis.Redis.from_url(url) as client:
            assert client.ping()

    def test_two_at_once_stand_beside_each_other(
        self, valkey: EmbeddedValkey, tmp_path: Path
    ) -> None:
        other = EmbeddedValkey(tmp_path / "other")
        other.base.mkdir()
        other.start()
        try:
            assert other.port != valkey.port
        finally:
            other.stop()
