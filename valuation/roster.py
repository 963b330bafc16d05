"""Roster 名单库: appraisal agencies by field and region, and the frozen snapshot of a draw."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from auction.kernel.canonical import canon, sha256_hex
from auction.kernel.clock import BEIJING
from auction.kernel.ids import OrganisationId
from auction.store.base import Base
from auction.store.columns import Instant, state_column, states_check
from valuation.draw import Member, Source


class Field(StrEnum):
    """专业类别 of the national roster (参考价15)."""

    REAL_ESTATE = "real_estate"
    LAND = "land"
    ASSETS = "assets"
    MINING_RIGHTS = "mining_rights"
    JEWELLERY = "jewellery"


FIELD_NAMES: dict[Field, str] = {
    Field.REAL_ESTATE: "房地产",
    Field.LAND: "土地",
    Field.ASSETS: "资产",
    Field.MINING_RIGHTS: "矿业权",
    Field.JEWELLERY: "珠宝玉石",
}


class RosterEntry(Base):
    """One agency listed in one field and one region. A removed agency keeps its row."""

    __tablename__ = "roster_entries"
    __table_args__ = (
        states_check("field", Field),
        UniqueConstraint("credit_code", "field", "region"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    organisation_id: Mapped[OrganisationId]
    credit_code: Mapped[str]
    name: Mapped[str]
    field: Mapped[Field] = state_column(Field)
    region: Mapped[str]
    listed_at: Mapped[datetime] = mapped_column(Instant)
    removed_at: Mapped[datetime | None] = mapped_column(Instant)
    """Removed for a false report or a refusal without cause (参考价15)."""


class RosterSnapshot(Base):
    """The sub-list as it stood when a draw was announced; never changed."""

    __tablename__ = "roster_snapshots"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    version: Mapped[str]
    digest: Mapped[str]
    members: Mapped[str]
    """Canonical JSON of the members in the order of their credit codes; `digest` is its SHA-256."""
    frozen_at: Mapped[datetime] = mapped_column(Instant)


def pool_of(entries: Sequence[RosterEntry]) -> tuple[Member, ...]:
    """The members of a pool in the one order a manifest may have."""
    members = (Member(entry.credit_code, entry.name) for entry in entries)
    return tuple(sorted(members, key=lambda member: member.uscc.encode()))


def pool_bytes(pool: Sequence[Member]) -> bytes:
    """The bytes whose digest names the pool."""
    return canon([{"uscc": member.uscc, "name": member.name} for member in pool])


def source_of(field: Field, region: str, entries: Sequence[RosterEntry]) -> Source:
    """Name the sub-list, its version (the day it last changed) and its digest."""
    changed_at = max(entry.removed_at or entry.listed_at for entry in entries)
    return Source(
        name=f"司法评估名单分库/{FIELD_NAMES[field]}/{region}",
        version=changed_at.astimezone(BEIJING).date().isoformat(),
        sha256=sha256_hex(pool_bytes(pool_of(entries))),
    )
