"""Render Jinja2 templates in the visitor's language.

What every template can use beside its own context:
  {{ _("标的物") }} {{ _("共 {n} 件", n=3) }}   the text in the visitor's language
  {{ amount|yuan }} 1,234.50   {{ amount|rmb }} 大写   {{ moment|instant }}   {{ date|day }}
  {{ number|account }} ****1234    {{ phone|contact }} 138****1234
  {{ difference|fen }} signed fen as yuan   {{ reason|sentence }} a refusal's code in words
  {{ lot.state|word }}         a StrEnum in words: msgid "LotState.sold" in your .po files
  {{ account.owner_ref|reference }}   what `sale:ID` is about, in words
  {{ static("site.css") }}     a file of web/static with its hash
  {{ actor.roles }} {{ person }} (or None) {{ locale }} {{ now }}
and the macros of templates/ui.html, all global: csrf, form, field, money_field, select_field,
check_field, area_field, file_field, article, badge, empty, facts, steps, timeline.
The page extends "base.html": {% block title %}, {% block main %}, {% block head %}.
"""

import hashlib
import re
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from auction.kernel.clock import BEIJING
from auction.kernel.money import Money, rmb_upper
from auction.kernel.personal import mask_account, mask_contact
from auction.law.rulebook import DEMONSTRATION
from web.i18n import Locale, n_, sentence, translate
from web.nav import nav_of
from web.signin import set_cookie, visit_of

FOLDER = Path(__file__).parent
SAID_COOKIE = "said"
_SPAN = re.compile(r"(?P<number>\d+) (?P<unit>second|minute|hour|day|month|year)\b")
CITATION = re.compile(r"(?P<instrument>[^\d]+?(?:〔\d{4}〕\d+号)?)(?P<place>\d[\d()、,/~\-之]*)")
INSTRUMENTS_APART = re.compile(r"; |、(?=[^\d(])")
"""Two instruments cited side by side; 、 between numbers parts articles of one."""
_MONTHS_EN = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


@dataclass(frozen=True, slots=True)
class Trouble:
    """A no in words, with what was posted."""

    status: int
    code: str
    sentence: str
    fields: dict[str, str] = field(default_factory=dict)
    posted: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, status: int, code: str, request: Request) -> "Trouble":
        """A trouble without a form."""
        return cls(status, code, sentence(visit_of(request).locale, code))

    @property
    def form_id(self) -> str:
        """Which form was posted."""
        return (self.posted.get("_form") or [""])[0]


@dataclass(slots=True)
class _Page:
    """What the macros ask about the page being rendered."""

    request: Request
    trouble: Trouble | None
    form_id: str = ""
    taken: set[str] = field(default_factory=set)
    """The ids of fields so far: forms that repeat on a page have fields of one name."""
    labels: dict[str, str] = field(default_factory=dict)
    """What the fields of the refused form are called; known once the page was rendered."""
    ids: dict[str, str] = field(default_factory=dict)
    """And their ids."""


_PAGE: ContextVar[_Page] = ContextVar("page")


def render(request: Request, template: str, *, status: int = 200, **context: object) -> Response:
    """Answer with a page. `context` names are the template's own."""
    visit = visit_of(request)
    trouble: Trouble | None = getattr(request.state, "trouble", None)
    said = request.cookies.get(SAID_COOKIE, "")
    shared = {
        "actor": visit.actor,
        "person": visit.sign_in.person if visit.sign_in else None,
        "sheet": template,
        "nav": nav_of(request, visit.actor),
        "approvals_waiting": visit.waiting,
        "path": request.url.path,
        "is_demonstration": request.state.rules is DEMONSTRATION,
        "trouble": trouble,
        "said": translate(visit.locale, said_text(said)) if said else "",
        "now": request.state.database.clock.now(),
    }
    sheet = environment(visit.locale).get_template(template)
    page = _Page(request, trouble)
    mark = _PAGE.set(page)
    try:
        text = sheet.render(**shared, **context)
        if trouble and trouble.fields:  # the summary stands above the labels that it names
            page.taken.clear()
            text = sheet.render(**shared, **context)
    finally:
        _PAGE.reset(mark)
    response = HTMLResponse(text, status)
    if said:
        response.delete_cookie(SAID_COOKIE)
    if visit.is_secret_used and visit.is_secret_new:
        set_cookie(response, request.state.settings, "visitor", visit.secret)
    return response


def see_other(path: str, *, said: str = "") -> Response:
    """Send the browser on after a POST; `said` (marked with n_) shows once on the next page."""
    response = RedirectResponse(path, 303)
    if said:
        text = said.encode().hex()
        response.set_cookie(SAID_COOKIE, text, max_age=60, httponly=True, samesite="lax")
    return response


def said_text(cookie: str) -> str:
    """The text that `see_other` left; nothing when the cookie is not of its making."""
    try:
        return bytes.fromhex(cookie).decode()
    except ValueError:
        return ""


@cache
def environment(locale: Locale) -> Environment:
    """The templates in one language."""
    made = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.do", "jinja2.ext.loopcontrols"],
    )

    def say(msgid: str, **facts: object) -> str:
        return translate(locale, msgid, **facts)

    made.globals.update(
        _=say, locale=locale.value, static=static, form_token=_form_token, form_page=_form_page,
        kept=_kept, kept_all=_kept_all, error_of=_error_of, begin_form=_begin_form,
        begin_field=_begin_field, unfolded=_unfolded, label_of=_label_of, id_of=_id_of,
    )  # fmt: skip
    made.filters.update(
        yuan=_yuan,
        fen=fen_text,
        sentence=lambda code: sentence(locale, code),
        rmb=lambda amount: "—" if amount is None else rmb_upper(amount),
        instant=lambda moment: instant_text(moment, locale),
        day=lambda day: day_text(day, locale),
        last_day=lambda end: day_text(_last_day(end), locale),
        spans=lambda text: spans_text(text, locale),
        cited=lambda basis: article_text(basis, locale),
        word=lambda state: word(state, locale),
        reference=lambda ref: reference(ref, locale),
        account=mask_account,
        contact=mask_contact,
        browser=browser_text,
    )
    _add_macros(made)
    return made


def _add_macros(made: Environment) -> None:
    module = made.get_template("ui.html").module
    for name in dir(module):
        if not name.startswith("_"):
            made.globals[name] = getattr(module, name)


@cache
def static(path: str) -> str:
    """The URL of a static file; it changes whenever the file does, so it is cached for long."""
    digest = hashlib.sha256((FOLDER / "static" / path).read_bytes()).hexdigest()
    return f"/static/{path}?v={digest[:12]}"


def word(state: StrEnum | None, locale: Locale) -> str:
    """A state in words: the catalogues hold it as `ClassName.value`."""
    if state is None:
        return "—"
    key = f"{type(state).__name__}.{state.value}"
    for own in (f"{package_of(type(state))}.{key}", key):
        said = sentence(locale, own)
        if said != own:
            return said
    return state.value


REFERENCES: Final[Mapping[str, str]] = {
    "court": n_("法院"),
    "sale": n_("成交"),
    "deposit": n_("保证金"),
    "virtual": n_("保证金专用账号"),
    "plan": n_("分配方案"),
    "plan_line": n_("分配方案明细"),
    "disbursement": n_("案款发放"),
    "claim": n_("债权"),
    "cost": n_("执行费用"),
    "late": n_("迟延履行利息"),
    "tax": n_("税费"),
    "line": n_("银行流水"),
    "statement": n_("对账单"),
    "opening": n_("期初余额"),
}
REF_CHARS: Final = 8
"""Of an id as people compare it: its end, which is chance."""


def reference(ref: str, locale: Locale) -> str:
    """What an account or a posting is about: the books write `sale:ID`, people read its name."""
    head, _, tail = ref.partition(":")
    return f"{translate(locale, REFERENCES.get(head, head))} {tail[-REF_CHARS:]}".strip()


def package_of(kind: type) -> str:
    """The domain package of a class: two of them may have a state of one name."""
    floor, *storeys = kind.__module__.split(".")
    return storeys[0] if floor == "auction" and storeys else floor


def article_text(basis: str, locale: Locale) -> str:
    """An article as it is cited in a language: the instrument's short name is translated."""
    cited = CITATION.fullmatch(basis)
    if locale is Locale.ZH or cited is None:
        said, parts = translate(locale, basis), INSTRUMENTS_APART.split(basis)
        if said != basis or locale is Locale.ZH or len(parts) == 1:
            return said
        return "; ".join(article_text(part, locale) for part in parts)
    place = cited["place"].replace("、", ", ").replace("之", "-")
    return f"{translate(locale, cited['instrument'])} {place}"


def instant_text(moment: datetime | None, locale: Locale) -> Markup:
    """A moment in Beijing time, as a <time> element."""
    if moment is None:
        return Markup("—")
    local = moment.astimezone(BEIJING)
    clock = local.strftime("%H:%M:%S")
    return Markup('<time datetime="{}">{} {}</time>').format(
        local.isoformat(timespec="seconds"), day_text(local.date(), locale), clock
    )


def _last_day(end: datetime | None) -> date | None:
    """The last day in Beijing on which something holds that holds until an instant."""
    return end and (end - timedelta(microseconds=1)).astimezone(BEIJING).date()


_BROWSERS = (
    ("MicroMessenger/", "WeChat"),
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)
"""What tells a browser and a system, the more particular first: most call themselves the others."""


def browser_text(agent: str) -> str:
    """A browser by its name and system, so that its owner knows it again; else its own words."""
    known = [
        next((name for mark, name in marks if mark in agent), "") for marks in (_BROWSERS, _SYSTEMS)
    ]
    return " · ".join(known) if all(known) else agent[:48]


def spans_text(text: str, locale: Locale) -> str:
    """A rule in short, such as `≥ 15 day`, with its unit in words."""
    return _SPAN.sub(
        lambda found: translate(locale, f"rule_unit.{found['unit']}", value=found["number"]), text
    )


def day_text(day: date | None, locale: Locale) -> str:
    """A date as people write it."""
    if day is None:
        return "—"
    if locale is Locale.EN:
        return f"{day.day} {_MONTHS_EN[day.month - 1]} {day.year}"
    return f"{day.year}年{day.month}月{day.day}日"


def fen_text(fen: int) -> str:
    """A difference or a sum in fen, which may be negative, as yuan."""
    sign = "-" if fen < 0 else ""
    return f"{sign}{abs(fen) // 100:,}.{abs(fen) % 100:02d}"


def _yuan(amount: Money | None) -> str:
    return "—" if amount is None else f"{amount.fen // 100:,}.{amount.fen % 100:02d}"


def _form_token() -> str:
    return visit_of(_PAGE.get().request).form_token()


def _form_page() -> str:
    request = _PAGE.get().request
    query = request.url.query
    return request.url.path + (f"?{query}" if query else "")


def _begin_form(form_id: str) -> str:
    """Say which form the following fields stand in."""
    _PAGE.get().form_id = form_id
    return ""


def _posted_here() -> Trouble | None:
    page = _PAGE.get()
    return page.trouble if page.trouble and page.trouble.form_id == page.form_id else None


def _unfolded(form_id: str) -> Markup:
    """Show a form that was refused even where it is folded away: ` open` for its <details>."""
    trouble = _PAGE.get().trouble
    return Markup(" open") if trouble and trouble.form_id == form_id else Markup("")


def _begin_field(name: str, label: str) -> str:
    """Give a field its id, without `f-`; remember both of a field of the refused form."""
    page = _PAGE.get()
    own = name if name not in page.taken else f"{page.form_id}-{name}"
    page.taken.add(own)
    if _posted_here():
        page.labels[name], page.ids[name] = label, own
    return own


def _label_of(name: str) -> str:
    return _PAGE.get().labels.get(name, "")


def _id_of(name: str) -> str:
    return _PAGE.get().ids.get(name, name)


def _kept(name: str, default: object = "") -> object:
    """What was posted in this field, or its default."""
    trouble = _posted_here()
    if trouble is None:
        return "" if default is None else default
    return (trouble.posted.get(name) or [""])[0]


def _kept_all(name: str) -> list[str]:
    trouble = _posted_here()
    return trouble.posted.get(name, []) if trouble else []


def _error_of(name: str) -> str:
    trouble = _posted_here()
    return trouble.fields.get(name, "") if trouble else ""
