"""What needs more than one person, and who they are; pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from auction.kernel.actor import Role
from auction.kernel.money import Money

APPROVAL_LIFE: Final = timedelta(hours=24)
"""From the proposal to its use."""

LARGE_FROM: Final = Money.yuan(1_000_000)
"""A payout of this much or more takes the supervisor too."""


class Action(StrEnum):
    """Everything that no single person does. The value is noun.verb, as permissions have it."""

    ROLE_GRANT = "role.grant"
    REPRESENTATIVE = "representative.name"
    """Who acts for the account of a legal person."""
    LISTING_RESUME = "listing.resume"
    PLAN_APPROVE = "plan.approve"
    DISBURSEMENT = "disbursement.order"
    DISBURSEMENT_LARGE = "disbursement.order_large"
    """From a million yuan on: the supervisor too."""
    DRAW_OPEN = "draw.open"
    DRAW_VOID = "draw.void"
    PRIORITY = "priority.decide"
    IDENTITY_OPEN = "identity.open"
    """Who a bidder is, before the close."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Who proposes an action, and who approves it, one after another."""

    proposers: frozenset[Role]
    seats: tuple[frozenset[Role], ...]
    """One approver a seat; they sign in this order, and the last one does the thing."""
    same_court: bool
    """Whether all of them must belong to the court whose thing it is."""
    basis: str = ""


def _rule(
    proposers: set[Role], *seats: set[Role], same_court: bool = True, basis: str = ""
) -> Rule:
    return Rule(frozenset(proposers), tuple(map(frozenset, seats)), same_court, basis)


_OFFICER, _PANEL, _SUPERVISOR = {Role.OFFICER}, {Role.PANEL}, {Role.SUPERVISOR}
_CLERK, _APPROVER, _ADMIN = {Role.FINANCE_CLERK}, {Role.FINANCE_APPROVER}, {Role.ADMINISTRATOR}

RULES: Final[Mapping[Action, Rule]] = MappingProxyType(
    {
        Action.ROLE_GRANT: _rule(_ADMIN, _ADMIN, same_court=False),
        Action.REPRESENTATIVE: _rule(_ADMIN, _ADMIN, same_court=False),
        Action.LISTING_RESUME: _rule(_OFFICER, _PANEL, basis="网拍28(4)"),
        Action.PLAN_APPROVE: _rule(_OFFICER, _OFFICER | _PANEL, basis="法发〔2017〕6号13"),
        Action.DISBURSEMENT: _rule(_CLERK, _OFFICER, _APPROVER, basis="法发〔2017〕6号11-13"),
        Action.DISBURSEMENT_LARGE: _rule(
            _CLERK, _OFFICER, _SUPERVISOR, _APPROVER, basis="法发〔2017〕6号11-13"
        ),
        Action.DRAW_OPEN: _rule(_OFFICER, _SUPERVISOR, basis="参考价16"),
        Action.DRAW_VOID: _rule(_OFFICER, _SUPERVISOR, basis="参考价34"),
        Action.PRIORITY: _rule(_OFFICER | _PANEL, _PANEL, basis="网拍19"),
        Action.IDENTITY_OPEN: _rule(_SUPERVISOR, _SUPERVISOR, basis="网拍18"),
    }
)
"""The table; `approval_seat` in the database says the same, and a test compares them."""

EVERYBODY: Final = frozenset(
    role for rule in RULES.values() for part in (rule.proposers, *rule.seats) for role in part
)
"""Every role that has a part in some action."""
