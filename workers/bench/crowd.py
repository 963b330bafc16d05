"""Very many made-up listings put into a bench's own database at once, past all commands."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg

from auction.law.rulebook import DEMONSTRATION
from auction.listings.grams import folded, grams
from auction.listings.items import ITEMS
from auction.listings.listing import ListingState
from auction.listings.round import Round
from auction.lots.asset import AssetKind
from auction.lots.lot import LotState

COURT = "浙0199"
CASE_ID = UUID(int=1)
OPENS_AT = datetime(2027, 1, 4, 2, tzinfo=UTC)
"""No worker runs beside the crowd: its sessions are never made."""
PUBLISHED_AT = datetime(2026, 1, 1, 2, tzinfo=UTC)
DISTRICTS = ("杭湾区", "临江区", "余山区", "海宁区", "云溪县", "安平县", "南浦区", "石桥区")
ROADS = ("文一路", "解放路", "中山路", "人民路", "学院路", "滨江大道", "建设路", "和平街", "青年路")
THINGS = (
    "住宅用房", "地下车位", "商业用房", "工业厂房", "办公用房", "小型轿车", "土地使用权",
    "机器设备", "股权", "专利权",
)  # fmt: skip
DEPOSIT_FEN = 7_000_000
WORDS = ("车位", "商业", "轿车", "云溪", "文一", "专利", "股权", "青年", "厂房", "南浦")
"""Two characters each, in every tenth to every eighth title."""
_EACH = 5_000


def listing_id(number: int) -> UUID:
    """The id of the listing of one number."""
    return UUID(int=(3 << 96) + number)


def title_of(number: int) -> str:
    """A title that nothing but its number decides."""
    district = DISTRICTS[number % len(DISTRICTS)]
    road = ROADS[number // 8 % len(ROADS)]
    thing = THINGS[number // 72 % len(THINGS)]
    return f"{district}{road}{number % 977 + 1}号{number % 31 + 1}幢{number % 2003}室{thing}"


async def fill(owner_url: str, count: int) -> None:
    """Write court, case, assets, lots and published listings, then count them for the planner."""
    connection = await asyncpg.connect(owner_url)
    try:
        # The rows are right by construction; a superuser's replica role spares the checks.
        await connection.execute("SET session_replication_role = replica")
        await connection.execute("INSERT INTO court (id, name) VALUES ($1, '示范法院')", COURT)
        # Owners whose key is gone: no public page reads their names.
        await connection.execute(
            "INSERT INTO subject_keys (id, kek_id, made_at, destroyed_at) VALUES ($1, '', $2, $2)",
            CASE_ID, PUBLISHED_AT,
        )  # fmt: skip
        await connection.execute(
            "INSERT INTO cases (id, court_id, number, enforcement_basis, officer_id,"
            " debtor_is_enterprise, state, rulebook, opened_at, stay_ground)"
            " VALUES ($1, $2, '（2026）浙0199执1号', '', $1, false, 'open', $3, $4, '')",
            CASE_ID, COURT, DEMONSTRATION.name, PUBLISHED_AT,
        )  # fmt: skip
        for first in range(0, count, _EACH):
            await _copy(connection, range(first, min(count, first + _EACH)))
        await connection.copy_records_to_table(
            "listing_items",
            records=[(listing_id(0), item.key, item.title * 20, "", OPENS_AT) for item in ITEMS],
            columns=["listing_id", "key", "text", "digest", "completed_at"],
        )
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()


async def _copy(connection: asyncpg.Connection, numbers: range) -> None:
    for table, row in (("assets", _asset), ("lots", _lot), ("listings", _listing)):
        rows = [row(number) for number in numbers]
        await connection.copy_records_to_table(
            table, records=[tuple(one.values()) for one in rows], columns=list(rows[0])
        )


def _asset(number: int) -> dict[str, object]:
    return {
        "id": UUID(int=(1 << 96) + number), "case_id": CASE_ID, "court_id": COURT,
        "kind": list(AssetKind)[number % len(AssetKind)].value, "title": title_of(number),
        "description": "", "location": title_of(number)[:6], "registry_number": "",
        "subject_id": CASE_ID, "owner_name_sealed": b"", "seized_at": PUBLISHED_AT,
    }  # fmt: skip


def _lot(number: int) -> dict[str, object]:
    return {
        "id": UUID(int=(2 << 96) + number), "case_id": CASE_ID,
        "asset_id": UUID(int=(1 << 96) + number), "court_id": COURT, "title": title_of(number),
        "state": LotState.FIRST_AUCTION.value, "held_ground": "",
        "rulebook": DEMONSTRATION.name, "made_at": PUBLISHED_AT, "price_method": "appraisal",
        "price_basis": "", "reference_price": 100_000_000, "price_set_at": PUBLISHED_AT,
        "price_valid_until": OPENS_AT,
    }  # fmt: skip


def _listing(number: int) -> dict[str, object]:
    opens_at = OPENS_AT + timedelta(seconds=number * 7919 % 100_003)
    text = folded(f"{title_of(number)} {title_of(number)[:6]}")
    return {
        "id": listing_id(number), "lot_id": UUID(int=(2 << 96) + number), "case_id": CASE_ID,
        "court_id": COURT, "round": Round.FIRST_AUCTION.value,
        "state": ListingState.PUBLISHED.value, "title": title_of(number),
        "starting_price": 70_000_000, "increment": 100_000,
        "deposit": DEPOSIT_FEN, "opens_at": opens_at, "closes_at": opens_at + timedelta(days=1),
        "balance_days": 10, "rulebook": DEMONSTRATION.name, "drafted_by": CASE_ID,
        "drafted_at": PUBLISHED_AT, "approved_at": PUBLISHED_AT, "published_at": PUBLISHED_AT,
        "search_text": text, "search_grams": grams(text), "ground": "",
    }  # fmt: skip
