"""The whole road, once, as an operator would start it; then its papers are checked from outside."""

import csv
import json
import re
import subprocess
import sys
from collections import defaultdict
from datetime import datetime
from pathlib import Path

import pytest

from auction.kernel.merkle import leaf_hash
from auction.kernel.money import Money
from tests.journeys.demonstration import Demonstration
from tests.tools import run, tool
from valuation.verifying import is_good, verify
from workers.demo.browser import Browser
from workers.demo.open_lot import LASTS, THING

pytestmark = pytest.mark.journey


@pytest.fixture(scope="module")
def papers(shown: Demonstration) -> Path:
    """What the road of a demonstration leaves behind; it must end well."""
    assert (shown.papers / "summary.json").exists(), "\n".join(shown.said)
    return shown.papers


def amounts(papers: Path) -> dict[str, int]:
    told: dict[str, int] = json.loads((papers / "summary.json").read_text())["amounts_fen"]
    return told


async def test_a_visitor_finds_a_lot_that_stays_open_for_an_hour(shown: Demonstration) -> None:
    visitor = Browser(shown.origin)
    try:
        card = re.search(
            rf'href="(/lots/[^"]+)"(?:(?!</a>).)*{THING.title}', (await visitor.get("/")).text, re.S
        )
        assert card is not None, "\n".join(shown.said)
        page = (await visitor.get(card[1])).text
    finally:
        await visitor.close()
    assert f'href="{card[1]}/join"' in page
    opens_at, closes_at = (
        datetime.fromisoformat(found)
        for found in re.findall(r'<dt>(?:开始|结束)时间</dt><dd><time datetime="([^"]+)"', page)
    )
    assert closes_at - opens_at == LASTS


class TestPapers:
    def test_the_draw_can_be_held_again(self, papers: Path) -> None:
        assert is_good(verify((papers / "transcript.json").read_bytes()))

    def test_every_price_is_its_bidders_own_and_the_last_one_wins(self, papers: Path) -> None:
        rows = list(csv.DictReader((papers / "bids.csv").read_text("utf-8-sig").splitlines()))
        assert [int(row["seq"]) for row in rows] == list(range(1, len(rows) + 1))
        assert {"accepted", "refused"} == {row["verdict"] for row in rows}
        accepted = [row for row in rows if row["verdict"] == "accepted"]
        assert len({row["code"] for row in accepted}) > 1
        assert Money.parse(accepted[-1]["amount"]).fen == amounts(papers)["hammer_price"]

    def test_anybody_can_replay_the_record(self, papers: Path) -> None:
        words = ["replay", papers / "bids.csv", "--format", "hall"]
        told = run(sys.executable, "-m", "workers.cli", *words, "--terms", papers / "terms.json")
        price = Money(amounts(papers)["hammer_price"])
        assert told.strip().endswith(f"at {price} yuan")

    def test_what_came_in_went_out_to_the_fen(self, papers: Path) -> None:
        told = amounts(papers)
        planned = sum(fen for name, fen in told.items() if name.startswith("plan."))
        assert planned == told["paid_out"] == told["hammer_price"]
        assert told["bank_closing"] == 0

    def test_every_chain_of_the_journal_holds(self, papers: Path) -> None:
        heads: dict[str, tuple[int, str]] = defaultdict(lambda: (0, "0" * 64))
        lines = (papers / "journal.jsonl").read_bytes().splitlines()
        for line in lines:
            entry = json.loads(line)
            seq, head = heads[entry["stream"]]
            assert (entry["seq"], entry["prev"]) == (seq + 1, head)
            heads[entry["stream"]] = (seq + 1, leaf_hash(line).hex())
        assert len(lines) > 100

    def test_the_journal_names_nobody(self, papers: Path) -> None:
        text = (papers / "journal.jsonl").read_text()
        assert not re.search("赵一鸣|孙二牧|李三川|郑四维|王五常|周立信|吴长欠", text)

    def test_hledger_finds_the_book_balanced(self, papers: Path) -> None:
        told = run("hledger", "-f", papers / "ledger.hledger", "balance", "--no-elide")
        assert told.strip().splitlines()[-1].strip() == "0"
        run("hledger", "-f", papers / "ledger.hledger", "check")

    def test_beancount_finds_no_fault(self, papers: Path) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "beancount.scripts.check", str(papers / "ledger.beancount")],
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stdout + done.stderr) == (0, "")

    @pytest.mark.parametrize(
        ("kind", "words"),
        [
            ("draw_record", "摇号结果通知书"),
            ("report_service", "评估报告送达通知书"),
            ("party_notice", "拍卖通知书"),
            ("auction_announcement", "网络司法拍卖公告"),
            ("sale_confirmation", "网络竞价成交确认书"),
            ("title_ruling", "执行裁定书"),
            ("assist_execution", "协助执行通知书"),
            ("tax_coordination", "涉税信息告知函"),
            ("plan_service", "执行款分配方案"),
        ],
    )
    def test_every_kind_of_notice_was_issued(self, papers: Path, kind: str, words: str) -> None:
        tool("pdftotext")
        found = sorted((papers / "notices").glob(f"*-{kind}.pdf"))
        assert found
        for file in found:
            assert words in run("pdftotext", file, "-")
            told = run("pdfinfo", "-meta", file)
            # XMP may say a property as an element or, as after signing, as an attribute.
            assert re.search(r'pdfaid:part(>|=")2', told)
            assert re.search(r'pdfaid:conformance(>|=")B', told)
