import csv
import io
import re

import msgspec
from click.testing import CliRunner

from auction.kernel.merkle import leaf_hash
from auction.ledger.bankfile import COLUMNS as STATEMENT_COLUMNS
from auction.ledger.bankfile import read_statement
from auction.ledger.orderfile import HEADER
from auction.lots.importing import COLUMNS as LOT_COLUMNS
from auction.lots.importing import read_lots
from auction.store.journal import check_chain
from bidding.hall.receipt import Receipt, verify
from bidding.records.reading import HEADS, read_record
from bidding.replay import ClockChange
from tests.web.conftest import NewBrowser
from valuation import verifying
from valuation.draw import Transcript
from web.pages.hall.papers import COLUMNS as BID_COLUMNS
from web.pages.help.formats import EXAMPLES, examples
from workers.cli import luochui

CODES = re.compile(r"<dt><code[^>]*>([^<]+)</code></dt>")
CHINESE_TITLE = "任何人：自己核验"


def content(name: str) -> bytes:
    return (EXAMPLES / name).read_bytes()


def test_the_lots_and_the_statement_are_read_without_a_problem() -> None:
    lots, statement = read_lots(content("lots.csv")), read_statement(content("statement.csv"))
    assert (len(lots.rows), lots.problems) == (2, ())
    assert (len(statement.lines), list(statement.errors)) == (2, [])


def test_the_record_is_read_and_ends_as_it_did() -> None:
    bids = read_record(content("record.csv"))
    assert [bid.code for bid in bids] == ["A1111", "B2222", "A1111", "B2222"]
    assert bids[-1].status == "成交"


def test_the_files_that_leave_have_the_columns_that_are_written() -> None:
    for name, columns in (("orders.csv", HEADER), ("bids.csv", BID_COLUMNS)):
        rows = list(csv.reader(io.StringIO(examples()[name])))
        assert tuple(rows[0]) == columns
        assert {len(row) for row in rows} == {len(columns)}


def test_the_record_is_decided_again_by_the_terms_beside_it() -> None:
    files = ["replay", str(EXAMPLES / "bids.csv"), "--terms", str(EXAMPLES / "terms.json")]
    ran = CliRunner().invoke(luochui, [*files, "--format", "hall"])
    assert (ran.exit_code, "2 bids, 2 as recorded" in ran.output) == (0, True)


def test_the_draw_and_the_receipt_stand() -> None:
    assert verifying.is_good(verifying.verify(content("transcript.json")))
    key = bytes.fromhex(msgspec.json.decode(content("receipt.json"), type=Receipt).public_key)
    assert verify(content("receipt.json"), public_key=key) == []


def test_the_journal_is_one_sound_chain() -> None:
    leaves = content("journal.jsonl").splitlines()
    told = [msgspec.json.decode(leaf, type=dict[str, object]) for leaf in leaves]
    links = [
        (seq, str(entry["kind"]), leaf, leaf_hash(leaf))
        for seq, (entry, leaf) in enumerate(zip(told, leaves, strict=True), 1)
    ]
    assert check_chain(str(told[0]["stream"]), links) == []


async def test_the_page_names_every_column_and_shows_every_example(
    new_browser: NewBrowser,
) -> None:
    page = await new_browser().get("/formats")
    assert page.status_code == 200
    named = {word for names in CODES.findall(page.text) for word in names.split(", ")}
    wanted = {*LOT_COLUMNS, *STATEMENT_COLUMNS, *HEADER, *BID_COLUMNS}
    wanted |= {*Receipt.__struct_fields__, *Transcript.__struct_fields__}
    wanted |= set(msgspec.json.decode(content("terms.json"), type=dict[str, object]))
    wanted |= set(ClockChange.__struct_fields__)
    wanted |= {"at", "body", "by", "id", "kind", "prev", "seq", "stream", "v"}
    wanted |= {names[place] for names in HEADS.values() for place in (0, -1)}
    assert wanted <= named
    for name in examples():
        assert f'id="{name}"' in page.text
    assert CHINESE_TITLE not in (await new_browser().get("/formats?lang=en")).text
