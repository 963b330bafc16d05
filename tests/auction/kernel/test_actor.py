import pytest

from auction.kernel.actor import SYSTEM, VISITOR, Actor, Role, permit, require
from auction.kernel.ids import CourtId, PersonId, new_id
from auction.kernel.refusal import Refusal
from tests.conftest import NOON

HOME, AWAY = CourtId("浙0199"), CourtId("浙0198")
PUBLISH = permit("listing.publish", Role.OFFICER, Role.SYSTEM, same_court=True)


def an_officer(court: CourtId) -> Actor:
    return Actor(PersonId(new_id(NOON)), frozenset({Role.OFFICER}), court)


def test_an_officer_of_the_court_may() -> None:
    require(an_officer(HOME), PUBLISH, HOME)


def test_the_system_belongs_to_every_court() -> None:
    require(SYSTEM, PUBLISH, HOME)


@pytest.mark.parametrize("actor", [an_officer(AWAY), VISITOR], ids=["other court", "visitor"])
def test_nobody_else_may(actor: Actor) -> None:
    with pytest.raises(Refusal, match="forbidden"):
        require(actor, PUBLISH, HOME)


def test_the_journal_knows_an_actor_by_id_only() -> None:
    officer = an_officer(HOME)
    assert (officer.pseudonym, SYSTEM.pseudonym) == (str(officer.person_id), "system")
