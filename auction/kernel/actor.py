"""Who acts, and the shape of a permission. The rows stand in each package's policy.py."""

from dataclasses import dataclass
from enum import StrEnum

from auction.kernel.ids import CourtId, OrganisationId, PersonId
from auction.kernel.refusal import Refusal


class Role(StrEnum):
    """What a person may act as. One person may hold several."""

    VISITOR = "visitor"
    """Anybody, signed in or not."""
    BIDDER = "bidder"
    """A person whose identity was checked; parties and creditors hold it too."""
    OFFICER = "officer"
    """执行法官/执行员: lists assets and lives by deadlines."""
    PANEL = "panel"
    """合议庭成员."""
    SUPERVISOR = "supervisor"
    """审管/纪检: second VRF key, oversight."""
    FINANCE_CLERK = "finance_clerk"
    FINANCE_APPROVER = "finance_approver"
    AGENCY = "agency"
    """评估机构 staff; acts for its organisation."""
    REGISTRY = "registry"
    TAX = "tax"
    ADMINISTRATOR = "administrator"
    SYSTEM = "system"
    """The worker and the home of a session; nobody at a browser."""


@dataclass(frozen=True, slots=True)
class Actor:
    """One person acting now, as the sign-in established it."""

    person_id: PersonId | None
    roles: frozenset[Role]
    court_id: CourtId | None = None
    """The court a member of court staff belongs to."""
    organisation_id: OrganisationId | None = None
    """The agency, registry or bureau that the person acts for."""

    @property
    def pseudonym(self) -> str:
        """What the journal calls the actor: an id, never a name."""
        return str(self.person_id) if self.person_id else "system"


SYSTEM = Actor(None, frozenset({Role.SYSTEM}))
VISITOR = Actor(None, frozenset({Role.VISITOR}))


@dataclass(frozen=True, slots=True)
class Permission:
    """Who may do one thing. `action` is noun.verb, as the authority page prints it."""

    action: str
    roles: frozenset[Role]
    same_court: bool = False
    """Whether the actor must belong to the court whose thing it is."""
    basis: str = ""
    """The article that gives the power or limits it."""


def permit(action: str, *roles: Role, same_court: bool = False, basis: str = "") -> Permission:
    """Write one row of a policy table."""
    return Permission(action, frozenset(roles), same_court, basis)


def require(actor: Actor, permission: Permission, court_id: CourtId | None = None) -> None:
    """Pass silently, or refuse with `forbidden`.

    The refusal's fact `at_home` says whether the actor belongs to the court whose thing it is:
    to everybody else the edge does not admit that the thing exists.
    """
    held = actor.roles & permission.roles
    is_at_home = court_id is not None and actor.court_id == court_id
    is_elsewhere = permission.same_court and held != {Role.SYSTEM} and actor.court_id != court_id
    if not held or is_elsewhere:
        raise Refusal("forbidden", action=permission.action, at_home=is_at_home)
