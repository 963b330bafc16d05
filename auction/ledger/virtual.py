"""Virtual accounts: one number for each expected payment, so that a line says what it is for."""

from enum import StrEnum
from uuid import UUID

from sqlalchemy import UniqueConstraint, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from auction.kernel.ids import CourtId
from auction.store.base import Base
from auction.store.columns import state_column, states_check
from auction.store.unit import Unit

_PREFIX = "955899"
_ROOM = 10**12
BANK_NAME = "演示银行杭湾支行"
"""The made-up bank of the dedicated account; no payer can reach it."""


class Expected(StrEnum):
    """What a virtual account waits for."""

    DEPOSIT = "deposit"
    """保证金; the owner is a deposit."""
    BALANCE = "balance"
    """余款; the owner is a sale."""


class VirtualAccount(Base):
    """一案一账号 (法发〔2017〕6号5): a number under the dedicated account. Only ever added."""

    __tablename__ = "virtual_accounts"
    __table_args__ = (
        states_check("expected", Expected),
        UniqueConstraint("expected", "owner_id"),
    )

    number: Mapped[str] = mapped_column(primary_key=True)
    court_id: Mapped[str]
    expected: Mapped[Expected] = state_column(Expected)
    owner_id: Mapped[UUID]


def account_holder(court_name: str) -> str:
    """Whose name a payer writes: the court's dedicated account (法发〔2017〕6号4)."""
    return f"{court_name}执行款专户"


async def open_virtual_account(
    work: Unit, *, expected: Expected, owner_id: UUID, court_id: CourtId
) -> str:
    """Give an expected payment its own number, which says nothing about who pays it."""
    number = virtual_number(work.new_id())
    work.add(VirtualAccount(number=number, court_id=court_id, expected=expected, owner_id=owner_id))
    return number


async def find_virtual_account(session: AsyncSession, number: str) -> VirtualAccount | None:
    """Return what a number stands for."""
    return await session.scalar(select(VirtualAccount).where(VirtualAccount.number == number))


def virtual_number(seed: UUID) -> str:
    """Nineteen digits: the bank's prefix, twelve drawn from the id's random bits, Luhn's digit."""
    body = f"{_PREFIX}{seed.int % _ROOM:012d}"
    return body + str(luhn_digit(body))


def luhn_digit(body: str) -> int:
    """The check digit of ISO/IEC 7812-1."""
    doubled = [int(sign) * (2 if n % 2 == 0 else 1) for n, sign in enumerate(reversed(body))]
    return -sum(d // 10 + d % 10 for d in doubled) % 10
