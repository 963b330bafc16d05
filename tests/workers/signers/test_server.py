import asyncio
import json
import stat
from pathlib import Path

import pytest

from auction.kernel.refusal import Refusal
from auction.kernel.settings import Settings
from tests.signers import answering
from valuation import vrf
from workers.signers import server
from workers.signers.key_folder import KeyFolder


@pytest.fixture
def place(tmp_path) -> Settings:
    return Settings(
        database_url="postgresql://x", valkey_url="redis://x", luochui_state=tmp_path / "s"
    )


class TestVrf:
    async def test_a_proof_verifies_under_the_public_key_of_its_role(self, place):
        async with answering(place) as keys:
            for role in ("platform", "court-supervision"):
                key = bytes.fromhex((await keys.ask("vrf.public", role=role))["pk"])
                proof = bytes.fromhex((await keys.ask("vrf.prove", role=role, alpha="0a0b"))["pi"])
                assert vrf.verify(key, proof, b"\x0a\x0b") is not None

    async def test_the_two_institutions_hold_different_keys(self, place):
        async with answering(place) as keys:
            first = await keys.ask("vrf.public", role="platform")
            second = await keys.ask("vrf.public", role="court-supervision")
        assert first != second

    async def test_keys_outlive_the_process(self, place):
        async with answering(place) as keys:
            before = await keys.ask("vrf.public", role="platform")
        async with answering(place) as keys:
            assert await keys.ask("vrf.public", role="platform") == before

    @pytest.mark.parametrize(
        ("op", "fields"),
        [
            ("vrf.prove", {"role": "platform"}),
            ("vrf.prove", {"role": "platform", "alpha": "zz"}),
            ("vrf.public", {"role": "../platform"}),
            ("vrf.secret", {"role": "platform"}),
        ],
    )
    async def test_a_senseless_question_gets_a_no_and_the_next_one_an_answer(
        self, place, op, fields
    ):
        async with answering(place) as keys:
            with pytest.raises(Refusal, match=r"keys\.refused"):
                await keys.ask(op, **fields)
            assert await keys.ask("vrf.public", role="platform")


class TestPlace:
    async def test_keys_and_socket_are_for_the_owner_alone(self, place):
        async with answering(place):
            files = list(place.keys_path.iterdir())
            modes = {stat.S_IMODE(path.stat().st_mode) for path in files}
            assert len(files) >= 2  # the two VRF keys at least: never in one file
            assert modes == {0o600}
            assert stat.S_IMODE(place.signer_socket.parent.stat().st_mode) == 0o700
            assert stat.S_IMODE(place.keys_path.stat().st_mode) == 0o700

    async def test_a_socket_left_by_a_killed_signer_is_cleared(self, place):
        place.signer_socket.parent.mkdir(parents=True)
        place.signer_socket.touch()
        task_until = asyncio.Event()
        task_until.set()
        await server.serve(place, until=task_until)
        assert not place.signer_socket.exists()

    async def test_a_second_signer_does_not_take_the_place_of_the_first(self, place):
        async with answering(place) as keys:
            with pytest.raises(SystemExit):
                await server.serve(place, until=asyncio.Event())
            assert await keys.ask("vrf.public", role="platform")


@pytest.mark.parametrize(
    "line", [b"", b"[]", b"{", b'{"id":1}', b'{"id":1,"op":"vrf.public","role":1}', b"\xff"]
)
async def test_whatever_a_line_holds_it_is_answered_with_a_code(line, tmp_path):
    said = await server.answer(KeyFolder(tmp_path / "keys"), line)
    assert set(said) == {"id", "error"}
    assert json.dumps(said)


def test_a_damaged_key_file_is_never_used(tmp_path: Path):
    (tmp_path / "vrf-platform.key").write_bytes(b"half a key")
    with pytest.raises(RuntimeError, match="damaged"):
        KeyFolder(tmp_path).secret("vrf-platform")
