"""The messages of one draw and the only order they may come in (DRAW/1); pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from auction.kernel.refusal import Refusal
from auction.kernel.transitions import after
from valuation.draw import CONTRIBUTORS_MAX, Contribution, opens


class DrawState(StrEnum):
    """Where a draw stands."""

    COMMITTING = "committing"
    """承诺: the manifest is journaled; contributors commit to a number nobody else knows."""
    REVEALING = "revealing"
    """揭示: they show it."""
    PROVING = "proving"
    """求证: the VRF input is fixed; both institutions give the one proof they can."""
    HELD = "held"
    VOID = "void"


class Message(StrEnum):
    """What the journal stream of a draw may hold; the value is the entry's kind."""

    OPEN = "draw.open"
    COMMIT = "draw.commit"
    COMMIT_CLOSE = "draw.commit_close"
    REVEAL = "draw.reveal"
    REVEAL_CLOSE = "draw.reveal_close"
    PROOF = "draw.proof"
    RESULT = "draw.result"
    VOID = "draw.void"


TABLE: dict[tuple[DrawState, Message], DrawState] = {
    (DrawState.COMMITTING, Message.COMMIT): DrawState.COMMITTING,
    (DrawState.COMMITTING, Message.COMMIT_CLOSE): DrawState.REVEALING,
    (DrawState.REVEALING, Message.REVEAL): DrawState.REVEALING,
    (DrawState.REVEALING, Message.REVEAL_CLOSE): DrawState.PROVING,
    (DrawState.PROVING, Message.PROOF): DrawState.PROVING,
    (DrawState.PROVING, Message.RESULT): DrawState.HELD,
    # A void draw stays visible; it is the only way to the next attempt.
    (DrawState.COMMITTING, Message.VOID): DrawState.VOID,
    (DrawState.REVEALING, Message.VOID): DrawState.VOID,
    (DrawState.PROVING, Message.VOID): DrawState.VOID,
    (DrawState.HELD, Message.VOID): DrawState.VOID,
}
"""`draw.open` makes a draw, so it leads from no state."""

OFFICER = "officer"
OUTSIDE = frozenset({"applicant", "respondent", "notary"})
"""Contributors who belong neither to the court nor to the platform."""


def is_outside(who: str) -> bool:
    """Whether a contributor is one of OUTSIDE; `applicant-2` is the second applicant."""
    return who.partition("-")[0] in OUTSIDE


@dataclass(frozen=True, slots=True)
class Course:
    """What has happened in one draw so far; each method says what one more message makes of it."""

    draw_id: bytes
    roles: tuple[str, ...]
    """The holders of the VRF keys, in the manifest's order."""
    state: DrawState = DrawState.COMMITTING
    contributions: Mapping[str, Contribution] = field(default_factory=dict)
    proofs: Mapping[str, str] = field(default_factory=dict)

    def take_commitment(self, who: str, digest: str) -> "Course":
        """Take a commitment. The same one again changes nothing; another is refused."""
        state = after(TABLE, self.state, Message.COMMIT)
        known = self.contributions.get(who)
        if known is not None and known.commit != digest:
            raise Refusal("draw.commit.conflict", who=who)
        if known is None and len(self.contributions) >= CONTRIBUTORS_MAX:
            raise Refusal("draw.too_many_contributors", most=CONTRIBUTORS_MAX)
        made = {**self.contributions, who: Contribution(who, digest, None)}
        return replace(self, state=state, contributions=made)

    def close_commits(self) -> "Course":
        """End the commitments; somebody outside court and platform must have given one."""
        state = after(TABLE, self.state, Message.COMMIT_CLOSE)
        if not any(is_outside(who) for who in self.contributions):
            raise Refusal("draw.no_outside_contributor")
        return replace(self, state=state)

    def reveal(self, who: str, nonce: str) -> "Course":
        """Take the number that a commitment hid; any other number is refused."""
        state = after(TABLE, self.state, Message.REVEAL)
        known = self.contributions.get(who)
        if known is None:
            raise Refusal("draw.not_committed", who=who)
        shown = Contribution(who, known.commit, nonce)
        if not opens(self.draw_id, shown):
            raise Refusal("draw.reveal_opens_nothing", who=who)
        return replace(self, state=state, contributions={**self.contributions, who: shown})

    def close_reveals(self) -> "Course":
        """Fix the VRF input; whoever has not revealed has withheld."""
        return replace(self, state=after(TABLE, self.state, Message.REVEAL_CLOSE))

    def prove(self, role: str, proof: str) -> "Course":
        """Take the proof of one institution; there is only one it could give."""
        state = after(TABLE, self.state, Message.PROOF)
        if role not in self.roles:
            raise Refusal("draw.no_such_key", role=role)
        if self.proofs.get(role, proof) != proof:
            raise Refusal("draw.proof.conflict", role=role)
        return replace(self, state=state, proofs={**self.proofs, role: proof})

    def finish(self) -> "Course":
        """Publish the result: every proof must be there."""
        state = after(TABLE, self.state, Message.RESULT)
        missing = [role for role in self.roles if role not in self.proofs]
        if missing:
            raise Refusal("draw.proof_missing", role=missing[0])
        return replace(self, state=state)

    def void(self) -> "Course":
        """Void the draw for good."""
        return replace(self, state=after(TABLE, self.state, Message.VOID))

    def ordered(self) -> tuple[Contribution, ...]:
        """Contributions as a transcript lists them: by the bytes of who gave them."""
        by_bytes = sorted(self.contributions.values(), key=lambda one: one.who.encode())
        return tuple(by_bytes)
