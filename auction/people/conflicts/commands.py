"""Declare who is barred by 网拍34, and end a declaration."""

from uuid import UUID

from sqlalchemy import select

from auction.kernel.actor import Role
from auction.kernel.ids import PersonId
from auction.kernel.refusal import Refusal
from auction.people.conflicts import policy
from auction.people.conflicts.barred import BarredPerson, Relation
from auction.people.identity import credit_code, resident_number
from auction.people.person import IDENTITY, PersonKind
from auction.store.unit import Unit


async def declare_barred(
    work: Unit, declaration_id: UUID, *, kind: PersonKind, number: str, relation: Relation
) -> None:
    """Declare that a person or a body may not bid; whoever is declared already stays so.

    A supervisor declares for his court, an administrator for the provider. Refuses a wrong
    number with `identity.number_wrong` or `identity.code_wrong`.
    """
    work.require(policy.DECLARE)
    index = _index(work, kind, number)
    for known in await _standing(work, index):
        if known.relation is relation:
            return
    work.add(
        BarredPerson(
            id=declaration_id,
            court_id=declared_for(work),
            relation=relation,
            identity_index=index,
            declared_by=_acting(work),
            declared_at=work.now,
        )
    )
    work.record("conflict.declared", _stream(work), relation=relation.value)


async def end_declaration(work: Unit, *, kind: PersonKind, number: str) -> None:
    """Take back whatever one's own court or the provider declared of a number.

    Refuses with `conflict.not_declared`.
    """
    work.require(policy.DECLARE)
    standing = await _standing(work, _index(work, kind, number))
    if not standing:
        raise Refusal("conflict.not_declared")
    for one in standing:
        one.ended_by, one.ended_at = _acting(work), work.now
        work.record("conflict.ended", _stream(work), relation=one.relation.value)


def declared_for(work: Unit) -> str | None:
    """The court that the actor declares for; none for the provider's administrator."""
    if Role.ADMINISTRATOR in work.actor.roles:
        return None
    if work.actor.court_id is None:
        raise Refusal("forbidden", action=policy.DECLARE.action)
    return work.actor.court_id


async def _standing(work: Unit, index: bytes) -> list[BarredPerson]:
    rows = await work.session.scalars(
        select(BarredPerson)
        .where(
            BarredPerson.identity_index == index,
            BarredPerson.court_id.is_not_distinct_from(declared_for(work)),
            BarredPerson.ended_at.is_(None),
        )
        .order_by(BarredPerson.id)
        .with_for_update()
    )
    return list(rows)


def _index(work: Unit, kind: PersonKind, number: str) -> bytes:
    if kind is PersonKind.LEGAL:
        return work.keyring.blind(IDENTITY, credit_code(number))
    return work.keyring.blind(IDENTITY, resident_number(number, today=work.now.date()))


def _acting(work: Unit) -> PersonId:
    if work.actor.person_id is None:
        raise Refusal("signin.needed")
    return work.actor.person_id


def _stream(work: Unit) -> str:
    return f"conflicts:{declared_for(work) or 'provider'}"
