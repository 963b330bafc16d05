"""Two languages: the Chinese text is the key, and English follows from .po files.

Refusal codes are keys too: `locale/zh_CN` says them in Chinese, `locale/en` in English.
Catalogues are read at start, one file an area, merged; nothing is compiled.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from functools import cache
from pathlib import Path

from babel.messages.pofile import read_po

from auction.kernel.clock import BEIJING
from auction.kernel.money import Money
from auction.kernel.refusal import Fact

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)")
LOCALE_PATH = Path(__file__).parent / "locale"


class Locale(StrEnum):
    """The languages of the pages; the value is what `lang` attributes and cookies hold."""

    ZH = "zh-CN"
    EN = "en"

    @property
    def folder(self) -> str:
        """The name of the catalogue folder."""
        return self.value.replace("-", "_")


def n_(msgid: str) -> str:
    """Mark a text for translation later; returns it as it is."""
    return msgid


@cache
def catalogue(locale: Locale) -> Mapping[str, str]:
    """Every translation of one language; the first file that says a key wins."""
    merged: dict[str, str] = {}
    for path in sorted((LOCALE_PATH / locale.folder).glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale=locale.folder):
                if isinstance(message.id, str) and message.id and isinstance(message.string, str):
                    merged.setdefault(message.id, message.string)
    return merged


def translate(locale: Locale, msgid: str, **facts: object) -> str:
    """Say `msgid` in `locale`, with its {facts} filled in."""
    text = catalogue(locale).get(msgid) or msgid
    return text.format_map(_Facts(facts)) if facts else text


def sentence(locale: Locale, code: str, facts: Mapping[str, Fact] | None = None) -> str:
    """Say a refusal in words; a code without words is shown as it is."""
    shown = {name: _in_words(locale, fact) for name, fact in (facts or {}).items()}
    text = catalogue(locale).get(code) or catalogue(Locale.ZH).get(code) or code
    return text.format_map(_Facts(shown))


_INSTANT_FORMATS = {
    Locale.ZH: "%Y年%-m月%-d日 %H:%M:%S",
    Locale.EN: "%Y-%m-%d %H:%M:%S (Beijing)",
}


class _Facts(dict[str, object]):
    """Facts of a sentence; one that is missing shows as an ellipsis, never as an error.

    `{n|lot|lots}` is the first word where n is one and the second where it is not.
    """

    def __missing__(self, key: str) -> str:
        match key.split("|"):
            case [name, one, many] if name in self:
                return one if str(self[name]) == "1" else many
        return "…"


def _in_words(locale: Locale, fact: Fact) -> str:
    if isinstance(fact, Money):
        return f"{fact.fen // 100:,}.{fact.fen % 100:02d}"
    text = "" if fact is None else str(fact)
    if _INSTANT.fullmatch(text):
        return _instant_in_words(locale, text)
    return catalogue(locale).get(text, text)


def _instant_in_words(locale: Locale, text: str) -> str:
    """An instant in Beijing time; what a visitor typed may only look like one."""
    try:
        local = datetime.fromisoformat(text).astimezone(BEIJING)
    except (ValueError, OverflowError):
        return text
    return local.strftime(_INSTANT_FORMATS[locale])
