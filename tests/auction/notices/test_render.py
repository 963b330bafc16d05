"""A rendered notice: the right words, readable by machines, the same bytes for the same facts."""

import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import zxingcpp

from auction.kernel.canonical import sha256_hex
from auction.kernel.refusal import Refusal
from auction.notices.render import TEMPLATES, Paper, formal_date, present, render
from auction.notices.wording import TITLES, VERSION, NoticeKind
from tests.auction.notices.facts import CASE_NUMBER, FACTS, facts_for
from tests.tools import run

ORIGIN = "https://luochui.example"
CODE = "ABCDE-FGHJK-MNPQR"
ISSUED_AT = datetime(2026, 11, 21, 17, 0, tzinfo=UTC)  # the 22nd in Beijing


def a_paper(kind: NoticeKind, **changed: object) -> Paper:
    return Paper(
        template=f"{kind.value}.{VERSION[kind]}",
        title=TITLES[kind],
        code=CODE,
        addressee="杭湾市不动产登记中心（演示）",
        issued_at=ISSUED_AT,
        facts=facts_for(kind) | changed,
    )


def read_back(pdf: bytes, folder: Path) -> str:
    file = folder / "notice.pdf"
    file.write_bytes(pdf)
    return "".join(run("pdftotext", file, "-").split())


@pytest.mark.parametrize("kind", NoticeKind)
class TestEveryKind:
    def test_reads_back_as_the_document_it_is(self, kind: NoticeKind, tmp_path: Path) -> None:
        text = read_back(render(a_paper(kind), ORIGIN), tmp_path)
        for words in (TITLES[kind], CASE_NUMBER, str(FACTS["court_name"]), CODE):
            assert words in text
        assert "二〇二六年十一月二十二日" in text
        assert "规定" in text or "解释" in text  # the articles it rests on

    def test_is_pdf_a_2b(self, kind: NoticeKind, tmp_path: Path) -> None:
        file = tmp_path / "notice.pdf"
        file.write_bytes(render(a_paper(kind), ORIGIN))
        told = run("pdfinfo", "-meta", file)
        assert "<pdfaid:part>2</pdfaid:part>" in told
        assert "<pdfaid:conformance>B</pdfaid:conformance>" in told

    def test_is_the_same_bytes_twice(self, kind: NoticeKind) -> None:
        assert render(a_paper(kind), ORIGIN) == render(a_paper(kind), ORIGIN)

    def test_has_a_template_that_shows_every_fact_it_asks_for(self, kind: NoticeKind) -> None:
        source = (TEMPLATES / f"{kind.value}.{VERSION[kind]}.typ").read_text()
        for name in facts_for(kind):
            if name not in ("court_name", "case_number"):
                assert f"f.{name.removesuffix('_fen')}" in source


@pytest.mark.parametrize(
    "machine", [{"PYTHONHASHSEED": "1", "TZ": "UTC"}, {"PYTHONHASHSEED": "2", "TZ": "America/Lima"}]
)
def test_another_process_elsewhere_sets_the_same_bytes(machine: dict[str, str]) -> None:
    program = (
        "from auction.kernel.canonical import sha256_hex;"
        "from auction.notices.render import render;"
        "from auction.notices.wording import NoticeKind;"
        "from tests.auction.notices.test_render import ORIGIN, a_paper;"
        "print(sha256_hex(render(a_paper(NoticeKind.SALE_CONFIRMATION), ORIGIN)))"
    )
    root = Path(__file__).resolve().parents[3]
    told = subprocess.run(
        [sys.executable, "-c", program],
        cwd=root, env={**machine, "LC_ALL": "C"}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    made = render(a_paper(NoticeKind.SALE_CONFIRMATION), ORIGIN)
    assert told.stdout.strip() == sha256_hex(made)


def test_amounts_stand_in_capitals_and_figures(tmp_path: Path) -> None:
    text = read_back(render(a_paper(NoticeKind.SALE_CONFIRMATION), ORIGIN), tmp_path)
    assert "人民币壹佰伍拾柒万叁仟肆佰叁拾玖元玖角玖分" in text
    assert "¥1,573,439.99" in text


def test_instants_are_told_in_beijing_time(tmp_path: Path) -> None:
    text = read_back(render(a_paper(NoticeKind.SALE_CONFIRMATION), ORIGIN), tmp_path)
    assert "2026年11月23日10时27分18秒" in text


def test_the_qr_code_leads_to_the_page_that_verifies(tmp_path: Path) -> None:
    assert codes_on(render(a_paper(NoticeKind.PLAN_SERVICE), ORIGIN), tmp_path) == [
        f"{ORIGIN}/verify/{CODE}"
    ]


def codes_on(pdf: bytes, folder: Path) -> list[str]:
    """What a telephone reads off the printed pages."""
    file = folder / "scanned.pdf"
    file.write_bytes(pdf)
    run("pdftoppm", "-r", "150", "-gray", file, folder / "page")
    pictures = sorted(folder.glob("page-*.pgm"))
    return [code.text for picture in pictures for code in zxingcpp.read_barcodes(_grey(picture))]


def test_a_plan_tells_its_term_in_words_and_not_a_moment(tmp_path: Path) -> None:
    text = read_back(render(a_paper(NoticeKind.PLAN_SERVICE), ORIGIN), tmp_path)
    assert "自送达之日起十五日内" in text
    assert "文书查验" in text


def test_the_proof_takes_no_page_of_its_own(tmp_path: Path) -> None:
    file = tmp_path / "notice.pdf"
    for lines in range(1, 30, 4):
        rows = [
            {"rank_name": "普通债权", "payee_name": "甲", "claim_fen": 1, "paid_fen": 1}
        ] * lines
        file.write_bytes(render(a_paper(NoticeKind.PLAN_SERVICE, lines=rows), ORIGIN))
        run("pdftotext", "-layout", file, tmp_path / "told")
        last = (tmp_path / "told").read_text().rstrip("\f").split("\f")[-1]
        head = last.partition("查验码")[0]
        assert len("".join(head.split())) > 10


def _grey(file: Path) -> memoryview:
    """A binary PGM as rows of bytes; no imaging library is needed for that."""
    kind, size, _depth, pixels = file.read_bytes().split(b"\n", 3)
    assert kind == b"P5"
    width, height = map(int, size.split())
    return memoryview(pixels).cast("B", (height, width))


def test_what_a_fact_says_is_never_run(tmp_path: Path) -> None:
    nasty = '#read("/etc/passwd") $x$ *bold* <label> @ref \\ "quoted"'
    text = read_back(render(a_paper(NoticeKind.PLAN_SERVICE, lot_title=nasty), ORIGIN), tmp_path)
    assert "".join(nasty.split()) in text


@pytest.mark.parametrize("name", ["𠮷野", "㛃", "㺵", "𬭎𬘭", "欧阳𠮷"])
def test_a_rare_name_is_set_and_reads_back(name: str, tmp_path: Path) -> None:
    paper = a_paper(NoticeKind.SALE_CONFIRMATION, buyer_name=name)
    made = render(paper, ORIGIN)
    assert name in read_back(made, tmp_path)
    assert made == render(paper, ORIGIN)


@pytest.mark.parametrize("name", ["\U0002fffe示范", "\ue000", "王\U0001f600", "\U000f0000"])
def test_a_name_without_a_glyph_is_refused_not_boxed(name: str) -> None:
    with pytest.raises(Refusal) as refused:
        render(a_paper(NoticeKind.SALE_CONFIRMATION, buyer_name=name), ORIGIN)
    assert refused.value.code == "notice.cannot_be_set"


def test_rows_of_a_list_are_presented_too() -> None:
    shown = present({"lines": [{"paid_fen": 105}], "valued_on": "2026-01-02", "n": 3})
    assert shown == {
        "lines": [{"paid": {"figure": "1.05", "upper": "壹元零伍分"}}],
        "valued_on": "2026年1月2日",
        "n": 3,
    }


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (date(2026, 10, 10), "二〇二六年十月十日"),
        (date(2030, 1, 31), "二〇三〇年一月三十一日"),
        (date(1999, 12, 20), "一九九九年十二月二十日"),
    ],
)
def test_the_date_under_a_document(day: date, words: str) -> None:
    assert formal_date(day) == words
