from uuid import UUID

import pytest
from sqlalchemy.exc import IntegrityError

from auction.kernel.actor import SYSTEM
from auction.kernel.ids import CourtId, new_id
from auction.ledger.virtual import (
    Expected,
    account_holder,
    find_virtual_account,
    luhn_digit,
    open_virtual_account,
    virtual_number,
)
from auction.store.database import Database
from tests.conftest import NOON

COURT = CourtId("浙0199")


@pytest.mark.parametrize(("body", "digit"), [("7992739871", 3), ("453914880343646", 7), ("0", 0)])
def test_the_last_digit_is_luhn_s(body: str, digit: int) -> None:
    # 7992739871-3 is the example of ISO/IEC 7812-1 in common use; 4539148803436467 a test card.
    assert luhn_digit(body) == digit


def test_a_number_has_nineteen_digits_and_one_mistyped_is_noticed() -> None:
    number = virtual_number(UUID(int=123_456_789_012_345))
    assert len(number) == 19
    assert number.isdecimal()
    for place in range(19):
        wrong = number[:place] + str((int(number[place]) + 1) % 10) + number[place + 1 :]
        assert luhn_digit(wrong[:-1]) != int(wrong[-1])


def test_a_payer_writes_the_court_s_dedicated_account() -> None:
    assert account_holder("杭湾市人民法院") == "杭湾市人民法院执行款专户"


class TestOpening:
    async def opened(self, database: Database, owner: UUID, expected: Expected) -> str:
        async with database.unit(SYSTEM) as work:
            return await open_virtual_account(
                work, expected=expected, owner_id=owner, court_id=COURT
            )

    async def test_a_number_is_found_with_what_it_waits_for(self, database: Database) -> None:
        owner = new_id(NOON)
        number = await self.opened(database, owner, Expected.BALANCE)
        async with database.reading() as session:
            found = await find_virtual_account(session, number)
            assert await find_virtual_account(session, virtual_number(UUID(int=1))) is None
        assert found is not None
        assert (found.owner_id, found.expected) == (owner, Expected.BALANCE)
        assert found.court_id == COURT

    async def test_one_payment_has_one_number(self, database: Database) -> None:
        owner = new_id(NOON)
        await self.opened(database, owner, Expected.DEPOSIT)
        assert await self.opened(database, owner, Expected.BALANCE)
        with pytest.raises(IntegrityError):
            await self.opened(database, owner, Expected.DEPOSIT)
