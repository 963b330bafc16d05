"""From a notice's facts to the bytes of its PDF/A-2b: the same facts, the same bytes."""

import io
import json
import threading
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import segno
import typst

from auction.kernel.canonical import canon, sha256_hex
from auction.kernel.clock import BEIJING
from auction.kernel.money import Money, rmb_upper
from auction.kernel.refusal import Refusal
from auction.notices.notice import Notice
from auction.notices.wording import TITLES

TEMPLATES = Path(__file__).resolve().parent / "templates"
_DIGITS = "〇一二三四五六七八九"
_FONTS = ("pylopdf_fonts_zh_cn", "manimgx_fonts_cjk")
"""The faces of a notice, and behind them one for rare characters in names (生僻字)."""
_turn = threading.Lock()


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """All that a paper is made of; taken out of the row so that no unit is open meanwhile."""

    template: str
    title: str
    code: str
    addressee: str
    issued_at: datetime
    facts: Mapping[str, object]


def paper_of(notice: Notice) -> Paper:
    """What the row of a notice says its paper is."""
    return Paper(
        template=notice.template,
        title=TITLES[notice.kind],
        code=notice.code,
        addressee=notice.addressee_name,
        issued_at=notice.issued_at,
        facts=notice.facts,
    )


def render(paper: Paper, web_origin: str) -> bytes:
    """Make the PDF. Data reaches the template as data: nothing in it is ever run.

    Refuses with `notice.cannot_be_set` when a character has no glyph: a name must not
    appear as an empty box on a ruling.
    """
    address = f"{web_origin}/verify/{paper.code}"
    day = paper.issued_at.astimezone(BEIJING)
    data = {
        "title": paper.title,
        "code": paper.code,
        "address": address,
        "qr": qr_svg(address),
        "addressee": paper.addressee,
        "year": day.year,
        "month": day.month,
        "day": day.day,
        "date": formal_date(day.date()),
        "facts_digest": sha256_hex(canon(dict(paper.facts))),
        "facts": present(paper.facts),
    }
    shown = json.dumps(data, ensure_ascii=False)
    _refuse_private(shown)
    with _turn:  # one compiler, one paper at a time: 10 ms each
        try:
            made = _compiler().compile(
                input=str(TEMPLATES / f"{paper.template}.typ"),
                format="pdf",
                pdf_standards=["a-2b"],
                timestamp=int(paper.issued_at.timestamp()),
                sys_inputs={"data": shown},
            )
        except typst.TypstError as wrong:
            raise Refusal("notice.cannot_be_set", reason=str(wrong)[:300]) from wrong
    if not isinstance(made, bytes):
        raise TypeError("a PDF is one run of bytes")
    return made


def _refuse_private(text: str) -> None:
    """A character of private use means something else under every font (造字)."""
    for sign in text:
        if unicodedata.category(sign) == "Co":
            raise Refusal("notice.cannot_be_set", reason=f"U+{ord(sign):04X}")


def present(facts: Mapping[str, object]) -> dict[str, object]:
    """Facts as a Chinese reader wants them: `x_fen` becomes x.figure and x.upper, times words."""
    shown: dict[str, object] = {}
    for name, value in facts.items():
        shown |= _present_one(name, value)
    return shown


def _present_one(name: str, value: object) -> dict[str, object]:
    if isinstance(value, Mapping):
        return {name: present(value)}
    if isinstance(value, list | tuple):
        return {name: [present(row) if isinstance(row, Mapping) else row for row in value]}
    if name.endswith("_fen") and isinstance(value, int):
        money = Money(value)
        figure = f"{value // 100:,}.{value % 100:02d}"
        return {name.removesuffix("_fen"): {"figure": figure, "upper": rmb_upper(money)}}
    if name.endswith("_at") and isinstance(value, str):
        return {name: _instant_words(datetime.fromisoformat(value))}
    if name.endswith("_on") and isinstance(value, str):
        return {name: _day_words(date.fromisoformat(value))}
    return {name: value}


def _instant_words(instant: datetime) -> str:
    local = instant.astimezone(BEIJING)
    return f"{_day_words(local.date())}{local.hour}时{local.minute:02d}分{local.second:02d}秒"


def _day_words(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def formal_date(day: date) -> str:
    """The date as it stands under a document: 二〇二六年十一月二十二日."""
    year = "".join(_DIGITS[int(sign)] for sign in str(day.year))
    return f"{year}年{_tens(day.month)}月{_tens(day.day)}日"


def _tens(number: int) -> str:
    tens, ones = divmod(number, 10)
    head = "" if tens == 0 else "十" if tens == 1 else f"{_DIGITS[tens]}十"
    return head + (_DIGITS[ones] if ones else "")


def qr_svg(address: str) -> str:
    """The QR code that leads to the page where the paper can be checked."""
    drawn = io.BytesIO()
    segno.make(address, error="m", micro=False).save(drawn, kind="svg", xmldecl=False, border=1)
    return drawn.getvalue().decode()


@cache
def _compiler() -> typst.Compiler:
    return typst.Compiler(
        root=str(TEMPLATES),
        font_paths=[_folder_of(package) for package in _FONTS],
        ignore_system_fonts=True,
    )


def _folder_of(package: str) -> str:
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError(f"the fonts of the notices ({package}) are not installed")
    return spec.submodule_search_locations[0]
