import ast
import importlib
import re
from collections.abc import Iterator
from enum import StrEnum
from functools import cache
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.pofile import read_po
from jinja2.ext import babel_extract

from auction.distribution.waterfall import BASIS
from auction.kernel.money import Money
from auction.law.rule import LocalTerm
from auction.law.rulebook import DEMONSTRATION, LAW
from auction.law.taxes import ROWS
from auction.listings.items import ITEMS
from auction.listings.round import Round
from auction.listings.terms import Ground, citations
from web.i18n import LOCALE_PATH, Locale, catalogue, sentence, translate
from web.pages.help.authority import POLICIES, area_of, rows_of
from web.views import CITATION, INSTRUMENTS_APART, article_text, environment, package_of

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = ROOT / "web" / "templates"
FLOORS = ("auction", "valuation", "bidding", "web", "workers")
HAN = re.compile(r"[一-鿿]")
ARTICLE = re.compile(r"""(?:article\(|basis=)"([^"]+)\"""")
EXTRACTING = {
    "encoding": "utf-8",
    "extensions": "jinja2.ext.do,jinja2.ext.loopcontrols",
    "silent": "false",  # a template that cannot be read must not count as one that says nothing
}


def template_texts() -> dict[str, str]:
    """Every text that a template says, and where."""
    found: dict[str, str] = {}
    for path in sorted(TEMPLATES.rglob("*.html")):
        with path.open("rb") as file:
            for line, _, message, _ in babel_extract(file, ("_",), (), EXTRACTING):
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


@cache
def trees() -> tuple[tuple[str, ast.Module], ...]:
    """Every module of the product, by its dotted name."""
    paths = [path for floor in FLOORS for path in sorted((ROOT / floor).rglob("*.py"))]
    return tuple(
        (".".join(path.relative_to(ROOT).with_suffix("").parts), ast.parse(path.read_text()))
        for path in paths
    )


def literals() -> set[str]:
    """Every text that stands in the code or between the quotes of a template."""
    found = {
        node.value
        for _, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    lexer = environment(Locale.ZH)
    for path in TEMPLATES.rglob("*.html"):
        found |= {text[1:-1] for _, kind, text in lexer.lex(path.read_text()) if kind == "string"}
    return found


def state_words() -> set[str]:
    """The keys under which `web.views.word` looks for the states of the product."""
    found: set[str] = set()
    for name, _ in trees():
        if "migrations" in name:
            continue
        for kind in vars(importlib.import_module(name.removesuffix(".__init__"))).values():
            if isinstance(kind, type) and issubclass(kind, StrEnum):
                keys = {f"{kind.__name__}.{state.value}" for state in kind}
                found |= keys | {f"{package_of(kind)}.{key}" for key in keys}
    return found


def rule_words() -> set[str]:
    """The keys under which the page of the rulebook looks for its words."""
    found: set[str] = {"rule_unit.true", "rule_unit.local"}
    for rule in (*LAW, *DEMONSTRATION):
        units = {rule.unit, rule.unit.split(" ")[0]}
        if isinstance(rule.value, str):
            units.add(rule.value)
        if isinstance(rule.value, tuple):
            rows = [row for row in rule.value if isinstance(row, LocalTerm)]
            units |= {row.unit for row in rows} | {f"local {row.what}" for row in rows}
        found |= {f"rule.{rule.key}", f"rule_topic.{rule.key.split('.')[0]}"}
        found |= {f"rule_unit.{unit}" for unit in units}
        found |= {f"rule_word.{rule.bound}", f"rule_word.{rule.mark_kind.value}"}
    return found


def composed() -> set[str]:
    """The keys that are put together of a known half and a state, a term or an item."""
    heads = {text for text in literals() if text.endswith(".") and text[:-1].isidentifier()}
    ground = Ground(round=Round.SELL_OFF, is_movable=True, reference_price=Money(1))
    terms = {citation.term for citation in citations(LAW, ground)}
    states = {key.rpartition(".")[2] for key in state_words()}
    words = states | {item.key for item in ITEMS} | terms | names()
    ends = tails()
    return {f"{head}{word}" for head in heads for word in words} | {
        f"{state}{tail}" for state in states for tail in ends
    }


def names() -> set[str]:
    """What the code's dictionaries and values call their parts."""
    nodes = [node for _, tree in trees() for node in ast.walk(tree)]
    keys = {key for node in nodes if isinstance(node, ast.Dict) for key in node.keys}
    fields = {
        n.target.id
        for n in nodes
        if isinstance(n, ast.AnnAssign) and isinstance(n.target, ast.Name)
    }
    return fields | {
        key.value for key in keys if isinstance(key, ast.Constant) and isinstance(key.value, str)
    }


def tails() -> set[str]:
    """The second halves of what is written `f"{kind}.ordered"`."""
    strings = (n for _, tree in trees() for n in ast.walk(tree) if isinstance(n, ast.JoinedStr))
    pairs = (string.values for string in strings if len(string.values) == 2)
    return {
        str(last.value)
        for first, last in pairs
        if isinstance(first, ast.FormattedValue) and isinstance(last, ast.Constant)
        if str(last.value).startswith(".")
    }


@cache
def sayable() -> set[str]:
    """Every key that some page, letter or refusal can ask the catalogues for."""
    texts = literals()
    parts = {part for text in texts for part in INSTRUMENTS_APART.split(text)}
    cited = {found["instrument"] for part in parts if (found := CITATION.fullmatch(part))}
    said_after = {f"{text}.why" for text in texts if text.startswith("platform.")}
    powers = {f"authority.{area_of(policy)}" for policy in POLICIES} | {
        f"action.{row.action}" for policy in POLICIES for row in rows_of(policy)
    }
    return {
        *template_texts(),
        *texts,
        *said_after,
        *powers,
        *state_words(),
        *rule_words(),
        *composed(),
        *cited,
    }


def templates_text() -> str:
    return "".join(path.read_text() for path in TEMPLATES.rglob("*.html"))


def holes(text: str) -> set[str]:
    return {name.partition("|")[0] for _, name, _, _ in Formatter().parse(text) if name}


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
    def test_no_catalogue_holds_what_nobody_says(self, locale: Locale) -> None:
        assert not sorted(set(catalogue(locale)) - sayable())

    @pytest.mark.parametrize("locale", list(Locale))
    def test_no_message_is_left_blank(self, locale: Locale) -> None:
        assert not [key for key, text in catalogue(locale).items() if not text.strip()]

    @pytest.mark.parametrize("locale", list(Locale))
    def test_no_text_is_said_differently_in_two_files(self, locale: Locale) -> None:
        said: dict[str, set[str]] = {}
        for path in (LOCALE_PATH / locale.folder).glob("*.po"):
            with path.open("rb") as file:
                for message in read_po(file):
                    said.setdefault(str(message.id), set()).add(str(message.string))
        assert not {key for key, texts in said.items() if key and len(texts) > 1}


class TestArticles:
    def test_every_article_is_cited_in_english(self) -> None:
        bases = {rule.basis for rule in LAW} | {row.basis for row in ROWS} | set(BASIS.values())
        bases |= {item.basis for item in ITEMS} | set(ARTICLE.findall(templates_text()))
        bases |= {row.basis for policy in POLICIES for row in rows_of(policy)}
        assert not [basis for basis in sorted(bases) if HAN.search(article_text(basis, Locale.EN))]

    def test_two_instruments_are_cited_apart(self) -> None:
        assert (
            article_text("民法典807; 建工解释一36", Locale.EN)
            == "Civil Code 807; Constr. Int. I 36"
        )


class TestSentences:
    def test_facts_are_filled_in(self) -> None:
        assert sentence(Locale.ZH, "password.too_short", {"least": 12}) == "密码至少 12 位。"

    def test_one_thing_is_missing_and_two_are(self) -> None:
        said = [
            sentence(Locale.EN, "listing.not_ready", {"count": n, "missing": "x"}) for n in (1, 2)
        ]
        assert ["1 thing is missing" in said[0], "2 things are missing" in said[1]] == [True, True]

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
