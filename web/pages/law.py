"""The rulebook in force as a page: every number in words, with its article and how sure we are."""

from dataclasses import dataclass
from fractions import Fraction

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from auction.kernel.money import Money
from auction.law.rule import Band, LocalTerm, Rule
from web.i18n import Locale, translate
from web.signin import visit_of
from web.views import article_text, render


@dataclass(frozen=True, slots=True)
class RuleLine:
    """One rule as a person reads it."""

    key: str
    title: str
    bound: str
    value: str
    basis: str
    mark: str
    is_verified: bool


def value_words(rule: Rule, locale: Locale) -> str:
    """A rule's number with its unit: `参考价的 70%`, `15 日`, `5%–20%`."""
    unit = rule.unit
    if isinstance(rule.value, bool):
        unit, shown = "true", ""
    elif isinstance(rule.value, str):
        unit, shown = rule.value, rule.value
    else:
        shown = _number(rule, locale)
    return translate(locale, f"rule_unit.{_known_unit(unit, locale)}", value=shown)


def _known_unit(unit: str, locale: Locale) -> str:
    """The unit itself, or its first word: `day after 流拍` is counted in days."""
    key = f"rule_unit.{unit}"
    if translate(locale, key) != key:
        return unit
    return unit.split(" ", maxsplit=1)[0] if unit else "local"


def _number(rule: Rule, locale: Locale) -> str:
    match rule.value:
        case Fraction() as share:
            return _share(share)
        case (Fraction() as least, Fraction() as greatest):
            if greatest <= 1:
                return f"{_share(least)}–{_share(greatest)}"
            return f"{int(least):,}–{int(greatest):,}"
        case tuple(rows):
            return ("；" if locale is Locale.ZH else "; ").join(_row(row, locale) for row in rows)
        case None:
            return ""
        case number:
            return f"{number:,}" if isinstance(number, int) else str(number)


def _row(row: object, locale: Locale) -> str:
    match row:
        case Band(None, share):
            return translate(locale, "rule_unit.band above", value=_share(share))
        case Band(Money() as up_to, share):
            limit = f"{up_to.fen // 100:,}"
            return translate(locale, "rule_unit.band up to", limit=limit, value=_share(share))
        case LocalTerm() as local:
            span = translate(locale, f"rule_unit.{local.unit}", value=local.value)
            what = translate(locale, f"rule_unit.local {local.what}")
            return f"{translate(locale, local.place)} {what} {span}"
    return str(row)


def _share(share: Fraction) -> str:
    return f"{float(share * 100):.6g}%"


def rule_line(rule: Rule, locale: Locale) -> RuleLine:
    """Put one rule into words."""
    is_list = isinstance(rule.value, tuple) and isinstance(rule.value[0], LocalTerm)
    is_bound = rule.bound in {"min", "max"} and not is_list
    bound = translate(locale, f"rule_word.{rule.bound}") if is_bound else ""
    return RuleLine(
        key=rule.key,
        title=translate(locale, f"rule.{rule.key}"),
        bound=bound,
        value=value_words(rule, locale),
        basis=article_text(rule.basis, locale),
        mark=translate(locale, f"rule_word.{rule.mark_kind.value}"),
        is_verified=rule.mark.startswith("V"),
    )


async def law_page(request: Request) -> Response:
    """Every number of the rulebook in force, by topic."""
    locale = visit_of(request).locale
    topics: dict[str, list[RuleLine]] = {}
    for rule in request.state.rules:
        topic = translate(locale, f"rule_topic.{rule.key.split('.')[0]}")
        topics.setdefault(topic, []).append(rule_line(rule, locale))
    return render(request, "public/law.html", topics=topics, book=request.state.rules.name)


ROUTES: list[BaseRoute] = [Route("/law", law_page)]
