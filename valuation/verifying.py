"""Hold a published draw again, check by check, trusting nobody's word for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from valuation import draw
from valuation.draw import Transcript


class Check(StrEnum):
    """What is checked; the value is the sentence that a page or a terminal shows."""

    LAYOUT = "记录的格式符合 DRAW/1"
    MANIFEST = "摇号清单完整、规范，不含可被人为挑选的内容"
    CONTRIBUTIONS = "各方承诺按次序排列、无重复、格式正确"
    REVEALS = "公布的随机数与事先的承诺逐一相符"
    PROOFS = "平台与法院监督部门的 VRF 证明均对本次摇号有效"
    BEACON = "公共信标与清单约定一致"
    SEED = "种子由清单、承诺、随机数与两份 VRF 输出算得"
    RESULT = "由种子重新摇号，机构及其先后次序与公布的结果一致"


@dataclass(frozen=True, slots=True)
class Finding:
    """One check and what came of it."""

    check: Check
    holds: bool
    detail: str = ""
    """What exactly was compared: identifiers and digests, no prose."""


def verify(content: bytes | str | Mapping[str, object] | Transcript) -> list[Finding]:
    """Check a transcript from its first byte; it is good when every finding holds.

    Later checks are left out when an earlier one has taken their ground away.
    """
    try:
        said = content if isinstance(content, Transcript) else draw.read_transcript(content)
    except ValueError as wrong:
        return [Finding(Check.LAYOUT, holds=False, detail=str(wrong))]
    findings = [Finding(Check.LAYOUT, holds=True), *_on_form(said)]
    if not is_good(findings):
        return findings
    return findings + _on_substance(said)


def is_good(findings: list[Finding]) -> bool:
    """Whether nothing was found wrong."""
    return all(finding.holds for finding in findings)


def _on_form(said: Transcript) -> list[Finding]:
    manifest = draw.manifest_faults(said.manifest)
    contributions = draw.contribution_faults(said.contrib)
    return [
        Finding(Check.MANIFEST, not manifest, " ".join(manifest)),
        Finding(Check.CONTRIBUTIONS, not contributions, " ".join(contributions)),
        _on_beacon(said),
    ]


def _on_substance(said: Transcript) -> list[Finding]:
    draw_id = draw.draw_id(said.manifest)
    # A value that opens nothing counts as withheld in the arithmetic, and must be shown so.
    closed = [one.who for one in said.contrib if one.reveal and not draw.opens(draw_id, one)]
    at = draw.alpha(draw_id, said.contrib)
    outputs = draw.outputs(said.manifest, said.proofs, at)
    idle = [
        key.role for key, output in zip(said.manifest.vrf, outputs, strict=True) if output is None
    ]
    findings = [
        Finding(Check.REVEALS, not closed, " ".join(closed) or f"draw_id={draw_id.hex()}"),
        Finding(Check.PROOFS, not idle, " ".join(idle) or f"alpha={at.hex()}"),
    ]
    if idle:
        return findings
    pulse = bytes.fromhex(said.beacon.sig) if said.beacon else b""
    proven = [output for output in outputs if output is not None]
    again = draw.result(said.manifest, at, proven, pulse)
    return [
        *findings,
        Finding(Check.SEED, again.seed.hex() == said.seed, f"seed={again.seed.hex()}"),
        Finding(Check.RESULT, again.ranked == said.result, " ".join(again.ranked)),
    ]


def _on_beacon(said: Transcript) -> Finding:
    """The round must be the one fixed beforehand.

    The beacon's own signature is not checked here: the pulse only adds to what both VRF
    proofs already guarantee, and the detail says so.
    """
    chosen, pulse = said.manifest.beacon, said.beacon
    if chosen is None or pulse is None:
        return Finding(Check.BEACON, chosen is None and pulse is None, "beacon=null")
    holds = chosen.round == pulse.round and _is_hex(pulse.sig)
    return Finding(Check.BEACON, holds, f"round={chosen.round} signature=unchecked")


def _is_hex(text: str) -> bool:
    try:
        return bytes.fromhex(text).hex() == text and bool(text)
    except ValueError:
        return False
