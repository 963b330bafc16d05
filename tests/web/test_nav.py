"""The desk on which each role's work begins, and where signing in leads."""

import pytest

from auction.cases.case import PartyRole
from auction.cases.commands import NewParty, add_party
from auction.kernel.actor import Actor, Role
from auction.kernel.ids import PartyId, PersonId
from auction.people.queries import person_named
from auction.store.database import Database
from tests.builders import OFFICER, a_case, uid
from tests.web.conftest import NewBrowser
from tests.web.pages.test_finance import PASSWORD, a_member_of_staff
from tests.web.test_signin import ALICE, sign_up
from web.nav import LINKS, desk_of

DESKS = {
    Role.OFFICER: "/court",
    Role.PANEL: "/court",
    Role.FINANCE_CLERK: "/finance",
    Role.FINANCE_APPROVER: "/finance",
    Role.SUPERVISOR: "/supervision",
    Role.AGENCY: "/agency",
    Role.REGISTRY: "/assist",
    Role.TAX: "/assist",
    Role.ADMINISTRATOR: "/admin",
    Role.BIDDER: "/me",
    Role.VISITOR: "/",
}


@pytest.mark.parametrize(("role", "path"), DESKS.items())
def test_every_role_has_a_desk_that_its_links_know(role: Role, path: str) -> None:
    assert desk_of(Actor(PersonId(uid(1)), frozenset({role}))) == path
    assert path == "/" or any(link.path == path and role in link.roles for link in LINKS)


def test_whoever_holds_several_roles_begins_at_the_court_s_desk() -> None:
    both = Actor(PersonId(uid(1)), frozenset({Role.BIDDER, Role.OFFICER}))
    assert desk_of(both) == "/court"


@pytest.mark.parametrize(
    ("role", "asked", "led"),
    [
        (Role.OFFICER, "", "/court"),
        (Role.FINANCE_CLERK, "", "/finance"),
        (Role.FINANCE_CLERK, "/finance/ledger", "/finance/ledger"),
        (Role.FINANCE_CLERK, "/", "/"),
    ],
)
async def test_signing_in_leads_to_one_s_desk_unless_a_page_was_asked_for(
    database: Database, new_browser: NewBrowser, role: Role, asked: str, led: str
) -> None:
    username = await a_member_of_staff(database, role, 1)
    form = {"username": username, "password": PASSWORD, "next": asked}
    answered = await new_browser().submit("/sign-in", "sign-in", form)
    assert answered.headers["location"] == led


@pytest.mark.parametrize(
    ("role", "led"),
    [
        (PartyRole.APPLICANT, "/party"),
        (PartyRole.RESPONDENT, "/party"),
        (PartyRole.CREDITOR, "/party"),
        (PartyRole.PRIORITY_HOLDER, "/me"),
    ],
)
async def test_whose_case_it_is_begins_there_and_who_comes_to_bid_at_his_auctions(
    database: Database, new_browser: NewBrowser, role: PartyRole, led: str
) -> None:
    await sign_up(new_browser())
    case_id = await a_case(database)
    async with database.reading() as session:
        person = await person_named(session, ALICE["username"])
    async with database.unit(OFFICER) as work:
        new = NewParty(id=PartyId(work.new_id()), role=role, name=person.name, person_id=person.id)
        await add_party(work, case_id, new=new)
    form = {"username": ALICE["username"], "password": ALICE["password"]}
    answered = await new_browser().submit("/sign-in", "sign-in", form)
    assert answered.headers["location"] == led
