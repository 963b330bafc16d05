"""Random sound transcripts: few and many agencies, contributors and keys, odd text."""

import random  # noqa: TID251  (a fixed seed makes the same transcripts every time)

import msgspec

from valuation import draw, vrf

CASES = ("（2026）浙01执123号", '案号é\U00020bb7\u2028"\\/', "(2) \u007f")
WHO = ("applicant", "officer", "respondent", "notary", "\U0001f600", "\uffee")


def random_transcript(chance: random.Random) -> dict[str, object]:
    """One draw held with keys and numbers made for it."""
    secrets = [chance.randbytes(32) for _ in range(chance.choice([2, 3]))]
    manifest = _manifest(chance, [vrf.public_key(secret).hex() for secret in secrets])
    draw_id = draw.draw_id(manifest)
    given = [
        _contribution(chance, draw_id, who)
        for who in sorted(chance.sample(WHO, chance.randint(0, 6)), key=str.encode)
    ]
    at = draw.alpha(draw_id, given)
    proofs = [vrf.prove(secret, at) for secret in secrets]
    outcome = draw.result(manifest, at, [vrf.proof_to_hash(proof) for proof in proofs])
    said = draw.Transcript(
        manifest=manifest,
        contrib=tuple(given),
        proofs=tuple(proof.hex() for proof in proofs),
        beacon=None,
        seed=outcome.seed.hex(),
        result=outcome.ranked,
    )
    built: dict[str, object] = msgspec.to_builtins(said)
    return built


def _manifest(chance: random.Random, keys: list[str]) -> draw.Manifest:
    size = chance.randint(3, 60)
    return draw.Manifest(
        v=draw.VERSION,
        court="3301",
        case=chance.choice(CASES),
        asset="A-1",
        purpose="assessor",
        attempt=chance.randint(1, 9),
        draw_no=chance.randint(1, 10**6),
        k=3,
        pool_src=draw.Source("名单", "2026-10-01", "ab" * 32),
        pool=tuple(draw.Member(f"9{n:017d}", f"机构{n}") for n in range(size)),
        vrf=tuple(draw.Key(f"holder-{n}", key) for n, key in enumerate(keys)),
        beacon=None,
    )


def _contribution(chance: random.Random, draw_id: bytes, who: str) -> draw.Contribution:
    nonce = chance.randbytes(32)
    shown = nonce.hex() if chance.random() < 0.7 else None
    return draw.Contribution(who, draw.commitment(draw_id, who, nonce).hex(), shown)
