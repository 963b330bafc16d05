import ast
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.pofile import read_po
from jinja2.ext import babel_extract

from auction.kernel.money import Money
from web.i18n import LOCALE_PATH, Locale, catalogue, sentence, translate

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = ROOT / "web" / "templates"
FLOORS = ("auction", "valuation", "bidding", "web", "workers")


def template_texts() -> dict[str, str]:
    """Every text that a template says, and where."""
    found: dict[str, str] = {}
    for path in sorted(TEMPLATES.rglob("*.html")):
        with path.open("rb") as file:
            for line, _, message, _ in babel_extract(file, ("_",), (), {"encoding": "utf-8"}):
                texts = [message] if isinstance(message, str) else list(message or ())
                found.update({t: f"{path.relative_to(ROOT)}:{line}" for t in texts if t})
    return found


def calls(name: str) -> Iterator[tuple[str, str]]:
    """The first argument of every call of `name` in the product, where it is a literal."""
    for floor in FLOORS:
        for path in sorted((ROOT / floor).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call) and node.args and _called(node) == name:
                    first = node.args[0]
                    if isinstance(first, ast.Constant) and isinstance(first.value, str):
                        yield first.value, f"{path.relative_to(ROOT)}:{node.lineno}"


def _called(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")


def holes(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


class TestCompleteness:
    def test_every_text_of_the_pages_has_its_english(self) -> None:
        wanted = {**template_texts(), **dict(calls("n_"))}
        missing = {t: where for t, where in wanted.items() if t not in catalogue(Locale.EN)}
        assert not missing, "\n".join(f"{where}  {text}" for text, where in missing.items())

    @pytest.mark.parametrize("locale", list(Locale))
    def test_every_refusal_has_its_sentence(self, locale: Locale) -> None:
        codes = dict(calls("Refusal"))
        missing = {c: where for c, where in codes.items() if c not in catalogue(locale)}
        assert not missing, "\n".join(f"{where}  {code}" for code, where in missing.items())

    def test_what_has_a_word_in_one_language_has_it_in_the_other(self) -> None:
        chinese, english = catalogue(Locale.ZH), catalogue(Locale.EN)
        assert not sorted(key for key in chinese if key not in english)

    def test_translations_name_the_same_facts(self) -> None:
        chinese, english = catalogue(Locale.ZH), catalogue(Locale.EN)
        texts = {key: chinese.get(key, key) for key in english}
        wrong = [key for key, text in texts.items() if not holes(english[key]) <= holes(text)]
        assert not wrong

    @pytest.mark.parametrize("locale", list(Locale))
    def test_no_text_is_said_differently_in_two_files(self, locale: Locale) -> None:
        said: dict[str, set[str]] = {}
        for path in (LOCALE_PATH / locale.folder).glob("*.po"):
            with path.open("rb") as file:
                for message in read_po(file):
                    said.setdefault(str(message.id), set()).add(str(message.string))
        assert not {key for key, texts in said.items() if key and len(texts) > 1}


class TestSentences:
    def test_facts_are_filled_in(self) -> None:
        assert sentence(Locale.ZH, "password.too_short", {"least": 12}) == "密码至少 12 位。"

    def test_a_missing_fact_is_an_ellipsis_and_not_an_error(self) -> None:
        assert "…" in sentence(Locale.ZH, "password.too_short", {})

    def test_an_amount_is_written_in_yuan(self) -> None:
        assert sentence(Locale.ZH, "password.too_short", {"least": Money(123450)}) == (
            "密码至少 1,234.50 位。"
        )

    def test_an_unknown_code_is_shown_as_it_is(self) -> None:
        assert sentence(Locale.EN, "no.such_code") == "no.such_code"

    def test_a_text_without_translation_is_shown_in_chinese(self) -> None:
        assert translate(Locale.EN, "没有译文的话") == "没有译文的话"
