import hashlib
import hmac
import json
from collections import Counter
from itertools import islice, permutations

import pytest

from tests.valuation import vector
from valuation import draw, vrf

MANIFEST = draw.read_transcript(vector.TRANSCRIPT).manifest
CONTRIBUTIONS = draw.read_transcript(vector.TRANSCRIPT).contrib
DRAW_ID = bytes.fromhex(vector.DRAW_ID)


class TestTheVector:
    def test_the_draw_is_named_by_its_manifest(self):
        assert draw.draw_id(MANIFEST).hex() == vector.DRAW_ID

    @pytest.mark.parametrize("contribution", CONTRIBUTIONS, ids=lambda one: one.who)
    def test_each_commitment_hides_the_nonce_of_the_recipe(self, contribution):
        nonce = bytes.fromhex(vector.nonce(contribution.who))
        assert draw.commitment(DRAW_ID, contribution.who, nonce).hex() == contribution.commit

    def test_alpha_takes_the_withheld_reveal_as_nothing(self):
        assert draw.alpha(DRAW_ID, CONTRIBUTIONS).hex() == vector.ALPHA

    def test_both_keys_give_the_published_proofs(self):
        at = bytes.fromhex(vector.ALPHA)
        proofs = [vrf.prove(bytes.fromhex(key), at).hex() for key in vector.SECRETS.values()]
        assert proofs == vector.TRANSCRIPT["proofs"]

    def test_the_outputs_begin_as_published(self):
        at = bytes.fromhex(vector.ALPHA)
        outputs = draw.outputs(MANIFEST, vector.TRANSCRIPT["proofs"], at)
        assert [(found or b"").hex()[:32] for found in outputs] == vector.OUTPUT_STARTS

    def test_seed_and_ranked_agencies_are_the_published_ones(self):
        at = bytes.fromhex(vector.ALPHA)
        outputs = [out for out in draw.outputs(MANIFEST, vector.TRANSCRIPT["proofs"], at) if out]
        outcome = draw.result(MANIFEST, at, outputs)
        assert outcome.seed.hex() == vector.TRANSCRIPT["seed"]
        assert list(outcome.ranked) == vector.TRANSCRIPT["result"]


class TestContributions:
    def test_the_order_they_are_handed_in_does_not_matter(self):
        assert draw.alpha(DRAW_ID, CONTRIBUTIONS[::-1]).hex() == vector.ALPHA

    def test_a_wrong_reveal_counts_as_withheld(self):
        wrong = draw.Contribution("respondent", CONTRIBUTIONS[2].commit, "00" * 32)
        assert not draw.opens(DRAW_ID, wrong)
        assert draw.alpha(DRAW_ID, [*CONTRIBUTIONS[:2], wrong]).hex() == vector.ALPHA

    def test_a_copied_commitment_cannot_be_opened_by_the_copier(self):
        copied = draw.Contribution("observer", CONTRIBUTIONS[0].commit, CONTRIBUTIONS[0].reveal)
        assert not draw.opens(DRAW_ID, copied)

    @pytest.mark.parametrize(
        ("given", "fault"),
        [
            ([draw.Contribution("b", "0" * 64, None), draw.Contribution("a", "0" * 64, None)],
             "order"),
            ([draw.Contribution("a", "0" * 64, None)] * 2, "order"),
            ([draw.Contribution("", "0" * 64, None)], "who"),
            ([draw.Contribution("a", "0" * 63, None)], "commit"),
            ([draw.Contribution("a", "0" * 64, "AB" * 32)], "reveal"),
            ([draw.Contribution(f"{n:03d}", "0" * 64, None) for n in range(65)], "count"),
        ],
    )  # fmt: skip
    def test_out_of_order_twice_or_no_digest_is_found(self, given, fault):
        assert draw.contribution_faults(given) == [fault]

    def test_those_of_the_vector_have_no_fault(self):
        assert draw.contribution_faults(CONTRIBUTIONS) == []


class TestProofs:
    def test_one_too_few_proves_nothing_at_all(self):
        at = bytes.fromhex(vector.ALPHA)
        assert draw.outputs(MANIFEST, vector.TRANSCRIPT["proofs"][:1], at) == [None, None]

    def test_one_that_is_no_hex_proves_nothing(self):
        at = bytes.fromhex(vector.ALPHA)
        first, second = vector.TRANSCRIPT["proofs"]
        found = draw.outputs(MANIFEST, [first, second.upper()], at)
        assert [output is None for output in found] == [False, True]


class TestChance:
    def test_words_past_the_last_whole_multiple_are_thrown_away(self):
        n = 2**63 + 1
        words = iter([2**63 + 1, 2**64 - 1, 2**63, 7])
        assert draw.uniform(words, n) == 2**63
        assert next(words) == 7

    def test_a_power_of_two_rejects_nothing(self):
        assert draw.uniform(iter([2**64 - 1]), 8) == 7

    def test_the_largest_word_is_rejected_for_three(self):
        assert draw.uniform(iter([2**64 - 1, 5]), 3) == 2

    def test_the_stream_is_hmac_in_blocks_of_four_words(self):
        seed = bytes(32)
        second = hmac.new(seed, b"DRAW/1/stream" + (1).to_bytes(8, "big"), hashlib.sha256).digest()
        words = list(islice(draw.stream(seed), 8))
        assert b"".join(word.to_bytes(8, "big") for word in words[4:]) == second

    def test_all_ordered_outcomes_come_equally_often(self):
        # 12,000 draws of 3 of 4: 24 ordered outcomes; chi-squared 99.9 % limit for df 23 is 49.7.
        manifest = _pool_of(4)
        held = 12_000
        seen = Counter(
            draw.result(manifest, n.to_bytes(4, "big"), [b"", b""]).ranked for n in range(held)
        )
        expected = held / 24
        assert set(seen) == set(permutations([member.uscc for member in manifest.pool], 3))
        assert sum((count - expected) ** 2 / expected for count in seen.values()) < 49.7


class TestManifest:
    @pytest.mark.parametrize(
        ("part", "value", "fault"),
        [
            ("v", "DRAW/2", "v"),
            ("case", "", "text"),
            ("case", "e\u0301", "text"),
            ("attempt", 0, "attempt"),
            ("draw_no", 2**53, "draw_no"),
            ("k", 13, "k"),
            ("k", 0, "k"),
            ("pool", vector.MANIFEST["pool"][::-1], "pool"),
            ("pool", vector.MANIFEST["pool"][:3] * 2, "pool"),
            ("vrf", vector.MANIFEST["vrf"][:1], "vrf"),
            ("vrf", vector.MANIFEST["vrf"][:1] * 2, "vrf"),
            ("vrf", [{"role": role, "pk": "AB" * 32} for role in "ab"], "vrf"),
            ("pool_src", {"name": "a", "version": "b", "sha256": "c"}, "pool_src"),
            ("beacon", {"chain": "c", "round": 0}, "beacon"),
        ],
    )
    def test_a_free_bit_or_nonsense_is_found(self, part, value, fault):
        said = draw.read_transcript(
            {**vector.TRANSCRIPT, "manifest": {**vector.MANIFEST, part: value}}
        )
        assert draw.manifest_faults(said.manifest) == [fault]

    def test_a_transcript_is_read_from_bytes_text_or_a_mapping(self):
        text = json.dumps(vector.TRANSCRIPT)
        said = draw.read_transcript(vector.TRANSCRIPT)
        assert draw.read_transcript(text) == draw.read_transcript(text.encode()) == said

    def test_a_field_that_nobody_asked_for_is_refused(self):
        with pytest.raises(ValueError, match="note"):
            draw.read_transcript({**vector.TRANSCRIPT, "note": "a free bit"})

    def test_the_manifest_of_the_vector_has_no_fault(self):
        assert draw.manifest_faults(MANIFEST) == []


def _pool_of(size: int) -> draw.Manifest:
    said = {**vector.MANIFEST, "pool": vector.MANIFEST["pool"][:size]}
    return draw.read_transcript({**vector.TRANSCRIPT, "manifest": said}).manifest
