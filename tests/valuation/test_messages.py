import hashlib
from itertools import product

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from auction.kernel.refusal import Refusal
from auction.kernel.transitions import after
from valuation.draw import commitment
from valuation.messages import OUTSIDE, TABLE, Course, DrawState, Message

DRAW = hashlib.sha256(b"a draw").digest()
ROLES = ("platform", "court-supervision")
WHO = st.sampled_from(["applicant", "officer", "respondent"])

# The order of DRAW/1, written down once more: what may follow what.
ALLOWED = {
    ("committing", "draw.commit"): "committing",
    ("committing", "draw.commit_close"): "revealing",
    ("committing", "draw.void"): "void",
    ("revealing", "draw.reveal"): "revealing",
    ("revealing", "draw.reveal_close"): "proving",
    ("revealing", "draw.void"): "void",
    ("proving", "draw.proof"): "proving",
    ("proving", "draw.result"): "held",
    ("proving", "draw.void"): "void",
    ("held", "draw.void"): "void",
}


@pytest.mark.parametrize(("state", "message"), list(product(DrawState, Message)))
def test_only_the_published_order_is_open(state, message):
    expected = ALLOWED.get((state.value, message.value))
    if expected is None:
        with pytest.raises(Refusal, match=r"state\.not_allowed"):
            after(TABLE, state, message)
    else:
        assert after(TABLE, state, message) == expected


def nonce_of(who: str) -> bytes:
    return hashlib.sha256(who.encode()).digest()


def commit_of(who: str) -> str:
    return commitment(DRAW, who, nonce_of(who)).hex()


class AnyOrder(RuleBasedStateMachine):
    """Throws messages in any order and keeps the tale of those that were taken."""

    def __init__(self):
        super().__init__()
        self.course = Course(DRAW, ROLES)
        self.taken: list[tuple[str, str]] = []

    def send(self, kind, who, make):
        try:
            self.course = make()
        except Refusal:
            return
        self.taken.append((kind, who))

    @rule(who=WHO, honest=st.booleans())
    def commit(self, who, honest):
        digest = commit_of(who) if honest else "00" * 32
        self.send("commit", who, lambda: self.course.take_commitment(who, digest))

    @rule()
    def close_commits(self):
        self.send("commit_close", "", self.course.close_commits)

    @rule(who=WHO, honest=st.booleans())
    def reveal(self, who, honest):
        nonce = nonce_of(who).hex() if honest else "11" * 32
        self.send("reveal", who, lambda: self.course.reveal(who, nonce))

    @rule()
    def close_reveals(self):
        self.send("reveal_close", "", self.course.close_reveals)

    @rule(role=st.sampled_from([*ROLES, "stranger"]), proof=st.sampled_from(["aa", "bb"]))
    def prove(self, role, proof):
        self.send("proof", role, lambda: self.course.prove(role, proof))

    @rule()
    def finish(self):
        self.send("result", "", self.course.finish)

    @rule()
    def void(self):
        # A rare draw: most tales should reach their end.
        if len(self.taken) > 12:
            self.send("void", "", self.course.void)

    @invariant()
    def the_tale_is_in_order(self):
        kinds = [kind for kind, _ in self.taken]
        order = ["commit", "commit_close", "reveal", "reveal_close", "proof", "result", "void"]
        places = [order.index(kind) for kind in kinds]
        assert places == sorted(places)
        for once in ("commit_close", "reveal_close", "result", "void"):
            assert kinds.count(once) <= 1

    @invariant()
    def nobody_reveals_what_he_did_not_commit_to(self):
        committed = {who for kind, who in self.taken if kind == "commit"}
        assert {who for kind, who in self.taken if kind == "reveal"} <= committed
        for one in self.course.contributions.values():
            assert one.reveal is None or one.reveal == nonce_of(one.who).hex()

    @invariant()
    def past_the_commitments_somebody_from_outside_has_contributed(self):
        if any(kind == "commit_close" for kind, _ in self.taken):
            assert OUTSIDE & self.course.contributions.keys()

    @invariant()
    def a_result_has_every_proof(self):
        if any(kind == "result" for kind, _ in self.taken):
            assert set(self.course.proofs) == set(ROLES)


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)


class TestCourse:
    def test_the_same_commitment_again_changes_nothing(self):
        once = Course(DRAW, ROLES).take_commitment("applicant", commit_of("applicant"))
        assert once.take_commitment("applicant", commit_of("applicant")) == once

    def test_another_commitment_of_the_same_contributor_is_refused(self):
        once = Course(DRAW, ROLES).take_commitment("applicant", commit_of("applicant"))
        with pytest.raises(Refusal, match=r"draw\.commit\.conflict"):
            once.take_commitment("applicant", "00" * 32)

    def test_a_sixty_fifth_contributor_is_refused(self):
        course = Course(DRAW, ROLES)
        for n in range(64):
            course = course.take_commitment(f"observer{n}", "00" * 32)
        with pytest.raises(Refusal, match=r"draw\.too_many_contributors"):
            course.take_commitment("one more", "00" * 32)

    def test_the_officer_alone_is_no_quorum(self):
        course = Course(DRAW, ROLES).take_commitment("officer", commit_of("officer"))
        with pytest.raises(Refusal, match=r"draw\.no_outside_contributor"):
            course.close_commits()

    def test_who_did_not_commit_has_nothing_to_reveal(self):
        course = Course(DRAW, ROLES).take_commitment("applicant", commit_of("applicant"))
        with pytest.raises(Refusal, match=r"draw\.not_committed"):
            course.close_commits().reveal("respondent", nonce_of("respondent").hex())

    def test_the_number_that_was_committed_to_is_shown_with_its_commitment(self):
        course = Course(DRAW, ROLES).take_commitment("applicant", commit_of("applicant"))
        shown = course.close_commits().reveal("applicant", nonce_of("applicant").hex())
        (one,) = shown.ordered()
        assert (one.commit, one.reveal) == (commit_of("applicant"), nonce_of("applicant").hex())

    def test_a_number_that_was_not_committed_to_opens_nothing(self):
        course = Course(DRAW, ROLES).take_commitment("applicant", commit_of("applicant"))
        with pytest.raises(Refusal, match=r"draw\.reveal_opens_nothing"):
            course.close_commits().reveal("applicant", nonce_of("officer").hex())

    def test_only_a_registered_institution_proves(self):
        course = Course(DRAW, ROLES).take_commitment("applicant", commit_of("applicant"))
        with pytest.raises(Refusal, match=r"draw\.no_such_key"):
            course.close_commits().close_reveals().prove("stranger", "aa")

    def test_a_result_waits_for_every_proof(self):
        course = Course(DRAW, ROLES).take_commitment("applicant", commit_of("applicant"))
        course = course.close_commits().close_reveals().prove("platform", "aa")
        with pytest.raises(Refusal, match=r"draw\.proof_missing"):
            course.finish()
        assert course.prove("court-supervision", "bb").finish().state is DrawState.HELD

    def test_what_is_void_stays_void(self):
        course = Course(DRAW, ROLES).void()
        assert course.state is DrawState.VOID
        with pytest.raises(Refusal, match=r"state\.not_allowed"):
            course.void()

    def test_a_second_different_proof_is_refused(self):
        course = Course(DRAW, ROLES).take_commitment("applicant", commit_of("applicant"))
        course = course.close_commits().close_reveals().prove("platform", "aa")
        with pytest.raises(Refusal, match=r"draw\.proof\.conflict"):
            course.prove("platform", "bb")

    def test_contributions_are_listed_by_the_bytes_of_who_gave_them(self):
        course = Course(DRAW, ROLES)
        for who in ("respondent", "applicant", "officer"):
            course = course.take_commitment(who, commit_of(who))
        assert [one.who for one in course.ordered()] == ["applicant", "officer", "respondent"]
