"""Numbers of rulings in a case: each is given once, and the next free one is proposed."""

from collections.abc import Collection
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from auction.lots.asset import Asset, Seizure
from auction.settlement.sale import Sale

_DIGITS: Final = "一二三四五六七八九"


async def numbers_used(session: AsyncSession, case_id: UUID) -> frozenset[str]:
    """Every number that a seizure or a title ruling of the case carries."""
    seizures = await session.scalars(
        select(Seizure.ruling_number)
        .join(Asset, Asset.id == Seizure.asset_id)
        .where(Asset.case_id == case_id)
    )
    sales = await session.scalars(
        select(Sale.ruling_number).where(Sale.case_id == case_id, Sale.ruling_number != "")
    )
    return frozenset(plain(number) for number in (*seizures, *sales))


def next_number(case_number: str, used: Collection[str]) -> str:
    """The first 之… of the case number that nobody has used."""
    candidates = (f"{case_number}之{_chinese(n)}" for n in range(1, 100))
    return next((number for number in candidates if plain(number) not in used), case_number)


def plain(number: str) -> str:
    """A number without spaces and in full-width brackets: one ruling has one spelling."""
    return "".join(number.split()).replace("(", "（").replace(")", "）")


def _chinese(number: int) -> str:
    tens, ones = divmod(number, 10)
    head = "" if tens == 0 else "十" if tens == 1 else f"{_DIGITS[tens - 1]}十"
    return head + (_DIGITS[ones - 1] if ones else "")
