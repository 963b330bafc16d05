import copy
import json
import random  # noqa: TID251  (a fixed seed makes the same tampers every time)
from pathlib import Path

import pytest

from tests.valuation import vector
from valuation import draw, vrf
from valuation.verifying import Check, Finding, is_good, verify

SHARED = Path(__file__).parents[2].parent / "shared" / "vectors" / "draw" / "draw_vector.json"


def test_the_vector_is_good_and_every_check_is_named():
    findings = verify(vector.TRANSCRIPT)
    assert is_good(findings)
    assert {finding.check for finding in findings} == set(Check)


def test_the_published_file_is_good_and_equals_the_literals():
    if not SHARED.exists():
        pytest.skip("../shared/vectors is not beside this repository")
    content = SHARED.read_bytes()
    assert json.loads(content) == vector.TRANSCRIPT
    assert is_good(verify(content))


def test_two_hundred_tampers_are_all_refused():
    chance = random.Random(20261122)  # noqa: S311
    survived = [
        tampered for tampered in (_tamper(chance) for _ in range(200)) if is_good(verify(tampered))
    ]
    assert survived == []


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{}", b"\xff", b'{"manifest": 1}', json.dumps([1] * 5).encode()]
)
def test_what_is_no_transcript_is_one_plain_finding(content):
    findings = verify(content)
    assert [(finding.check, finding.holds) for finding in findings] == [(Check.LAYOUT, False)]


def test_a_reveal_shown_for_somebody_who_withheld_is_refused():
    said = copy.deepcopy(vector.TRANSCRIPT)
    said["contrib"][2]["reveal"] = "11" * 32
    assert [finding.check for finding in verify(said) if not finding.holds] == [Check.REVEALS]


def test_another_order_of_the_same_agencies_is_refused():
    said = copy.deepcopy(vector.TRANSCRIPT)
    said["result"] = said["result"][::-1]
    assert [finding.check for finding in verify(said) if not finding.holds] == [Check.RESULT]


def test_a_missing_proof_is_refused():
    said = copy.deepcopy(vector.TRANSCRIPT)
    said["proofs"] = said["proofs"][:1]
    assert Check.PROOFS in {finding.check for finding in verify(said) if not finding.holds}


class TestABeacon:
    """A round fixed in the manifest, and the pulse that came of it."""

    def said(self, **pulse: object) -> dict[str, object]:
        said = copy.deepcopy(vector.TRANSCRIPT)
        said["manifest"]["beacon"] = {"chain": "drand", "round": 7}
        return {**said, "beacon": {"round": 7, "sig": "ab" * 48} | pulse}

    def finding(self, said: dict[str, object]) -> Finding:
        return next(found for found in verify(said) if found.check is Check.BEACON)

    def test_of_the_chosen_round_is_taken_and_its_signature_said_to_be_unchecked(self):
        found = self.finding(self.said())
        assert found.holds
        assert found.detail == "round=7 signature=unchecked"

    @pytest.mark.parametrize("pulse", [{"round": 8}, {"sig": "no hex"}, {"sig": ""}, {"sig": "AB"}])
    def test_of_another_round_or_without_a_signature_is_refused(self, pulse):
        assert not self.finding(self.said(**pulse)).holds

    def test_that_was_not_chosen_beforehand_is_refused(self):
        said = {**vector.TRANSCRIPT, "beacon": self.said()["beacon"]}
        assert not self.finding(said).holds

    def test_that_was_chosen_must_be_shown(self):
        assert not self.finding({**self.said(), "beacon": None}).holds

    def test_its_pulse_changes_the_seed(self):
        keys = [bytes.fromhex(key) for key in vector.SECRETS.values()]
        given = draw.read_transcript(self.said())
        at = draw.alpha(draw.draw_id(given.manifest), ())
        proofs = [vrf.prove(key, at) for key in keys]
        outputs = [vrf.proof_to_hash(proof) for proof in proofs]
        outcomes = [
            draw.result(given.manifest, at, outputs, pulse) for pulse in (b"", b"\xab" * 48)
        ]
        said = self.said() | {
            "contrib": [],
            "proofs": [proof.hex() for proof in proofs],
            "seed": outcomes[1].seed.hex(),
            "result": list(outcomes[1].ranked),
        }
        assert is_good(verify(said))
        assert not is_good(verify(said | {"seed": outcomes[0].seed.hex()}))


def _tamper(chance: random.Random) -> dict[str, object]:
    """Change one leaf, drop one item or swap two neighbours, anywhere in the transcript."""
    said = copy.deepcopy(vector.TRANSCRIPT)
    while said == vector.TRANSCRIPT:
        holder, place = chance.choice(list(_places(said)))
        siblings = isinstance(holder, list) and len(holder) > 1
        if siblings and chance.random() < 0.3:
            other = (place + 1) % len(holder)
            holder[place], holder[other] = holder[other], holder[place]
        elif chance.random() < 0.15:
            del holder[place]
        else:
            holder[place] = _other(holder[place], chance)
    return said


def _places(value):
    entries = value.items() if isinstance(value, dict) else enumerate(value)
    for place, inner in entries:
        yield value, place
        if isinstance(inner, dict | list):
            yield from _places(inner)


def _other(value, chance: random.Random):
    if value is None:
        return chance.choice(["00" * 32, 1, {}])
    if isinstance(value, int):
        return value + chance.choice([-1, 1, 2])
    if isinstance(value, str):
        place = chance.randrange(len(value))
        digit = chance.choice([d for d in "0123456789abcdef" if d != value[place]])
        return value[:place] + digit + value[place + 1 :]
    return [] if isinstance(value, list) else None
