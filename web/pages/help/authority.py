"""Who may do what: the rows of every policy on one page, for auditors and anybody else."""

from dataclasses import dataclass
from types import ModuleType
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from auction.cases import policy as cases
from auction.deposits import policy as deposits
from auction.distribution import policy as distribution
from auction.kernel.actor import Permission, Role
from auction.ledger import policy as ledger
from auction.listings import policy as listings
from auction.lots import policy as lots
from auction.notices import policy as notices
from auction.people import policy as people
from auction.people.conflicts import policy as conflicts
from auction.settlement import policy as settlement
from auction.store import policy as store
from bidding import enrolment_policy as enrolment
from bidding.availability import policy as availability
from bidding.hall import policy as hall
from bidding.openings import policy as openings
from bidding.records import policy as records
from valuation import policy as valuation
from web.i18n import Locale, translate
from web.signin import visit_of
from web.views import article_text, render, word

POLICIES: Final[tuple[ModuleType, ...]] = (
    cases,
    lots,
    valuation,
    listings,
    enrolment,
    hall,
    availability,
    openings,
    records,
    deposits,
    settlement,
    distribution,
    ledger,
    notices,
    people,
    conflicts,
    store,
)
"""Every table of permissions, in the order of a lot's life."""


@dataclass(frozen=True, slots=True)
class Power:
    """One row as a person reads it."""

    action: str
    title: str
    holders: tuple[str, ...]
    is_of_own_court: bool
    basis: str


def rows_of(policy: ModuleType) -> list[Permission]:
    """The permissions that a policy writes down, in its order."""
    return [row for row in vars(policy).values() if isinstance(row, Permission)]


def area_of(policy: ModuleType) -> str:
    """What a policy is about: the last word of its package, or of its module."""
    *_, package, module = policy.__name__.split(".")
    return package if module == "policy" else module


def power(row: Permission, locale: Locale) -> Power:
    """Put one permission into words; the roles in the order of the house."""
    return Power(
        action=row.action,
        title=translate(locale, f"action.{row.action}"),
        holders=tuple(word(role, locale) for role in Role if role in row.roles),
        is_of_own_court=row.same_court,
        basis=article_text(row.basis, locale) if row.basis else "",
    )


async def authority_page(request: Request) -> Response:
    """Every power, area by area."""
    locale = visit_of(request).locale
    areas = {
        translate(locale, f"authority.{area_of(policy)}"): [
            power(row, locale) for row in rows_of(policy)
        ]
        for policy in POLICIES
    }
    return render(request, "help/authority.html", areas=areas)


ROUTES: list[BaseRoute] = [Route("/law/authority", authority_page)]
