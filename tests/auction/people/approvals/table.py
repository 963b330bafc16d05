"""People around one approval request, and every way to misuse it."""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import select

from auction.kernel.actor import SYSTEM, Actor, Role
from auction.kernel.canonical import sha256_hex
from auction.kernel.clock import FrozenClock
from auction.kernel.ids import CourtId, PersonId, new_id
from auction.people.approvals.action import APPROVAL_LIFE, RULES, Action
from auction.people.approvals.commands import Matter, approve, propose, reject, spend
from auction.people.approvals.request import ApprovalRequest, RequestState
from auction.people.commands import revoke_role
from auction.store.database import Database
from tests.staff import employ, employ_firm

COURT, ELSEWHERE = CourtId("浙0199"), CourtId("浙0198")
OTHER = UUID(int=0x52)
PAYLOAD: dict[str, object] = {"plan": "第1号", "payments": [{"payee": "周立信", "amount_fen": 100}]}


def parts_of(action: Action) -> tuple[frozenset[Role], ...]:
    """Who proposes, then who approves, seat by seat."""
    return (RULES[action].proposers, *RULES[action].seats)


@dataclass
class Table:
    """One action's people at one court; somebody sits on every seat, seat 0 proposes."""

    database: Database
    clock: FrozenClock
    action: Action
    seated: list[Actor] = field(default_factory=list)
    subject: UUID = field(init=False)

    def __post_init__(self) -> None:
        self.subject = new_id(self.clock.now())

    async def set(self) -> None:
        self.seated = [self.an_actor(min(roles)) for roles in parts_of(self.action)]
        await employ(self.database, *self.seated)

    def an_actor(self, role: Role, court: CourtId = COURT) -> Actor:
        return Actor(PersonId(new_id(self.clock.now())), frozenset({role}), court)

    async def somebody(self, role: Role, court: CourtId = COURT) -> Actor:
        made = self.an_actor(role, court)
        await employ(self.database, made)
        return made

    async def firm(self, role: Role, natural: Actor | None) -> Actor:
        """Another account, of a legal person, with a role; the natural person acts for it."""
        made = self.an_actor(role)
        await employ_firm(self.database, made, natural=natural)
        return made

    def matter(
        self,
        *,
        subject: UUID | None = None,
        action: Action | None = None,
        payload: dict[str, object] | None = None,
        about: Actor | None = None,
    ) -> Matter:
        chosen = action or self.action
        return Matter(
            action=chosen,
            subject=subject or self.subject,
            payload=payload or PAYLOAD,
            court_id=COURT if RULES[chosen].same_court else None,
            about=about.person_id if about else None,
        )

    async def propose(self, matter: Matter | None = None, by: Actor | None = None) -> UUID:
        async with self.database.unit(by or self.seated[0]) as work:
            return (await propose(work, matter or self.matter())).id

    async def approve(self, by: Actor, matter: Matter | None = None, seen: str = "") -> None:
        digest = seen or (await self.requests())[-1].payload_hash
        async with self.database.unit(by) as work:
            await approve(work, matter or self.matter(), seen=digest)

    async def approve_up_to(self, seat: int, matter: Matter | None = None) -> None:
        """Everybody before this seat says yes."""
        for actor in self.seated[1:seat]:
            await self.approve(actor, matter)

    async def approve_all(self) -> None:
        await self.approve_up_to(len(self.seated))

    async def spend(self, by: Actor | None = None, matter: Matter | None = None) -> None:
        async with self.database.unit(by or self.seated[-1]) as work:
            await spend(work, matter or self.matter())

    async def reject(self, by: Actor) -> None:
        async with self.database.unit(by) as work:
            await reject(work, (await self.requests())[-1].id)

    async def revoke(self, actor: Actor) -> None:
        assert actor.person_id is not None
        async with self.database.unit(SYSTEM) as work:
            await revoke_role(work, actor.person_id, role=min(actor.roles))

    async def requests(self) -> list[ApprovalRequest]:
        """In the order they were made; an open one is the last of its moment."""
        wanted = select(ApprovalRequest).where(ApprovalRequest.subject == self.subject)
        is_open = ApprovalRequest.state == RequestState.OPEN
        async with self.database.reading() as session:
            found = await session.scalars(wanted.order_by(ApprovalRequest.proposed_at, is_open))
            return list(found)


Play = Callable[[Table, int], Awaitable[None]]
"""Brings a table, whose request is proposed and approved below the seat, to the misuse itself."""


@dataclass(frozen=True, slots=True)
class Misuse:
    """A way to misuse a seat or a use, the refusal it meets, and whether an action has it."""

    name: str
    code: str
    play: Play
    fits: Callable[[Action, int], bool] = lambda _action, _seat: True


def stranger_to(action: Action, seat: int) -> Role:
    """A role of the house that has no seat there."""
    wrong = set(Role) - parts_of(action)[seat] - {Role.VISITOR, Role.SYSTEM}
    return min(wrong & {Role.PANEL, Role.SUPERVISOR, Role.FINANCE_CLERK, Role.OFFICER})


def of_court(action: Action, _seat: int) -> bool:
    return RULES[action].same_court


def after_another(_action: Action, seat: int) -> bool:
    return seat > 1


async def both_roles(table: Table, seat: int, earlier: int) -> Actor:
    """Who took an earlier part, with the role of this seat granted to him too."""
    done, role = table.seated[earlier], min(parts_of(table.action)[seat])
    made = Actor(done.person_id, done.roles | {role}, COURT)
    await employ(table.database, made)
    return made


async def _proposer_himself(table: Table, seat: int) -> None:
    await table.approve(await both_roles(table, seat, 0))


async def _proposer_by_a_firm(table: Table, seat: int) -> None:
    role = min(parts_of(table.action)[seat])
    await table.approve(await table.firm(role, table.seated[0]))


async def _approver_again(table: Table, seat: int) -> None:
    await table.approve(await both_roles(table, seat, seat - 1))


async def _approver_by_a_firm(table: Table, seat: int) -> None:
    role = min(parts_of(table.action)[seat])
    await table.approve(await table.firm(role, table.seated[seat - 1]))


async def _firm_of_nobody(table: Table, seat: int) -> None:
    await table.approve(await table.firm(min(parts_of(table.action)[seat]), None))


async def _wrong_role(table: Table, seat: int) -> None:
    await table.approve(await table.somebody(stranger_to(table.action, seat)))


async def _bidder(table: Table, _seat: int) -> None:
    await table.approve(await table.somebody(Role.BIDDER))


async def _platform(table: Table, _seat: int) -> None:
    await table.approve(SYSTEM)


async def _other_court(table: Table, seat: int) -> None:
    await table.approve(await table.somebody(min(parts_of(table.action)[seat]), ELSEWHERE))


async def _role_said_only(table: Table, seat: int) -> None:
    """A sign-in that still says what the database no longer does."""
    await table.revoke(table.seated[seat])
    await table.approve(table.seated[seat])


async def _a_day_late(table: Table, seat: int) -> None:
    table.clock.advance(APPROVAL_LIFE)
    await table.approve(table.seated[seat])


async def _altered(table: Table, seat: int) -> None:
    other = {**PAYLOAD, "payments": [{"payee": "周立信", "amount_fen": 101}]}
    await table.approve(table.seated[seat], table.matter(payload=other))


async def _altered_and_seen(table: Table, seat: int) -> None:
    """What would be done differs, and the approver names the digest of just that."""
    other = table.matter(payload={**PAYLOAD, "plan": "第2号"})
    digest = sha256_hex(other.text("").encode())
    await table.approve(table.seated[seat], other, seen=digest)


async def _seen_other(table: Table, seat: int) -> None:
    await table.approve(table.seated[seat], seen="0" * 64)


async def _wrong_subject(table: Table, seat: int) -> None:
    await table.approve(table.seated[seat], table.matter(subject=OTHER))


async def _wrong_action(table: Table, seat: int) -> None:
    other = next(one for one in Action if one is not table.action)
    await table.approve(table.seated[seat], table.matter(action=other))


async def _rejected(table: Table, seat: int) -> None:
    await table.reject(table.seated[-1])
    await table.approve(table.seated[seat])


async def _taken_back(table: Table, seat: int) -> None:
    await table.reject(table.seated[0])
    await table.approve(table.seated[seat])


async def _replaced(table: Table, seat: int) -> None:
    await table.propose(table.matter(payload={"plan": "另一方案"}))
    await table.approve(table.seated[seat])


async def _replayed(table: Table, seat: int) -> None:
    for actor in table.seated[seat:]:
        await table.approve(actor)
    await table.spend()
    await table.approve(table.seated[seat])


async def _one_too_many(table: Table, seat: int) -> None:
    for actor in table.seated[seat:]:
        await table.approve(actor)
    await table.approve(await table.somebody(min(parts_of(table.action)[seat])))


APPROVING = (
    Misuse("by the proposer himself", "approval.same_person", _proposer_himself),
    Misuse("by the proposer's other account", "approval.same_person", _proposer_by_a_firm),
    Misuse("by an approver again", "approval.second_by_same", _approver_again, after_another),
    Misuse(
        "by an approver's other account",
        "approval.second_by_same",
        _approver_by_a_firm,
        after_another,
    ),
    Misuse("by an account with nobody behind", "approval.nobody_behind", _firm_of_nobody),
    Misuse("in a wrong role", "forbidden", _wrong_role),
    Misuse("by a bidder", "forbidden", _bidder),
    Misuse("by the platform", "forbidden", _platform),
    Misuse("from another court", "forbidden", _other_court, of_court),
    Misuse("in a revoked role", "forbidden", _role_said_only),
    Misuse("after a day", "approval.expired", _a_day_late),
    Misuse("of an altered payload", "approval.payload_changed", _altered),
    Misuse("of an altered payload by its own digest", "approval.payload_changed",
           _altered_and_seen),
    Misuse("of something else than was read", "approval.payload_changed", _seen_other),
    Misuse("for another subject", "approval.not_proposed", _wrong_subject),
    Misuse("for another action", "approval.not_proposed", _wrong_action),
    Misuse("of what was rejected", "approval.rejected", _rejected),
    Misuse("of what was taken back", "approval.withdrawn", _taken_back),
    Misuse("of what was replaced", "approval.payload_changed", _replaced),
    Misuse("of what was used", "approval.spent", _replayed),
    Misuse("of what has every approval", "approval.complete", _one_too_many),
)  # fmt: skip


async def _incomplete(table: Table, seat: int) -> None:
    await table.spend(table.seated[seat])


async def _spent_twice(table: Table, _seat: int) -> None:
    await table.approve_all()
    await table.spend()
    await table.spend()


async def _spent_late(table: Table, _seat: int) -> None:
    await table.approve_all()
    table.clock.advance(APPROVAL_LIFE)
    await table.spend()


async def _spent_altered(table: Table, _seat: int) -> None:
    await table.approve_all()
    await table.spend(matter=table.matter(payload={"plan": "另一方案"}))


async def _spent_elsewhere(table: Table, _seat: int) -> None:
    await table.approve_all()
    await table.spend(matter=table.matter(subject=OTHER))


async def _spent_rejected(table: Table, _seat: int) -> None:
    await table.approve_all()
    await table.reject(table.seated[-1])
    await table.spend()


async def _spent_replaced(table: Table, _seat: int) -> None:
    await table.approve_all()
    await table.propose(table.matter(payload={"plan": "另一方案"}))
    await table.spend()


async def _spent_replaced_by_itself(table: Table, _seat: int) -> None:
    """The approvals of a lapsed request are not those of the same thing proposed anew."""
    await table.approve_all()
    table.clock.advance(APPROVAL_LIFE)
    await table.propose()
    await table.spend()


async def _spent_by_the_proposer(table: Table, _seat: int) -> None:
    await table.approve_all()
    await table.spend(table.seated[0])


async def _spent_by_a_stranger(table: Table, _seat: int) -> None:
    await table.approve_all()
    await table.spend(await table.somebody(min(table.seated[-1].roles)))


SPENDING = (
    Misuse("a second time", "approval.spent", _spent_twice),
    Misuse("after a day", "approval.expired", _spent_late),
    Misuse("for an altered payload", "approval.payload_changed", _spent_altered),
    Misuse("for another subject", "approval.not_proposed", _spent_elsewhere),
    Misuse("though rejected", "approval.rejected", _spent_rejected),
    Misuse("though replaced", "approval.payload_changed", _spent_replaced),
    Misuse("with the approvals of a lapsed one", "approval.incomplete", _spent_replaced_by_itself),
    Misuse("by the proposer", "forbidden", _spent_by_the_proposer),
    Misuse("by a stranger", "forbidden", _spent_by_a_stranger),
)


async def _role_revoked(table: Table, seat: int) -> None:
    await table.approve_all()
    await table.revoke(table.seated[seat])
    await table.spend()


REVOKED = Misuse("after a role was revoked", "approval.role_revoked", _role_revoked)
MISSING = Misuse("before the last approval", "approval.incomplete", _incomplete)


async def _propose_wrong_role(table: Table, _seat: int) -> None:
    await table.propose(by=await table.somebody(stranger_to(table.action, 0)))


async def _propose_other_court(table: Table, _seat: int) -> None:
    await table.propose(by=await table.somebody(min(parts_of(table.action)[0]), ELSEWHERE))


async def _propose_revoked(table: Table, _seat: int) -> None:
    await table.revoke(table.seated[0])
    await table.propose()


async def _propose_by_nobody(table: Table, _seat: int) -> None:
    await table.propose(by=await table.firm(min(parts_of(table.action)[0]), None))


async def _propose_about_oneself(table: Table, _seat: int) -> None:
    await table.propose(table.matter(about=table.seated[0]))


async def _propose_about_own_firm(table: Table, _seat: int) -> None:
    firm = await table.firm(Role.BIDDER, table.seated[0])
    await table.propose(table.matter(about=firm))


async def _propose_as_the_platform(table: Table, _seat: int) -> None:
    await table.propose(by=SYSTEM)


PROPOSING = (
    Misuse("in a wrong role", "forbidden", _propose_wrong_role),
    Misuse("from another court", "forbidden", _propose_other_court, of_court),
    Misuse("in a revoked role", "forbidden", _propose_revoked),
    Misuse("by an account with nobody behind", "approval.nobody_behind", _propose_by_nobody),
    Misuse("about oneself", "approval.about_oneself", _propose_about_oneself),
    Misuse("about one's own firm", "approval.about_oneself", _propose_about_own_firm),
    Misuse("as the platform", "forbidden", _propose_as_the_platform),
)


async def about_approver(table: Table, seat: int) -> None:
    """The request is about whoever has this seat."""
    matter = table.matter(about=table.seated[seat])
    await table.propose(matter)
    await table.approve_up_to(seat, matter)
    await table.approve(table.seated[seat], matter)


ABOUT = Misuse("about oneself", "approval.about_oneself", about_approver)


@dataclass(frozen=True, slots=True)
class Case:
    """One cell: an action, what is attempted, at which seat, misused how."""

    action: Action
    step: str
    seat: int
    misuse: Misuse

    def __str__(self) -> str:
        return f"{self.action}-{self.step}{self.seat}-{self.misuse.name}"


def cases() -> Iterator[Case]:
    """Every action x step x seat x misuse that exists."""
    for action in Action:
        seats = len(RULES[action].seats)
        yield from (Case(action, "propose", 0, one) for one in PROPOSING if one.fits(action, 0))
        for seat in range(1, seats + 1):
            fitting = [one for one in APPROVING if one.fits(action, seat)]
            yield from (Case(action, "approve", seat, one) for one in fitting)
            yield Case(action, "approve_about", seat, ABOUT)
            yield Case(action, "spend_early", seat, MISSING)
        yield from (Case(action, "spend", seats, one) for one in SPENDING)
        yield from (Case(action, "spend_revoked", seat, REVOKED) for seat in range(seats + 1))
