"""Desks of the register and the tax bureau, and everybody's inbox: receive, verify, answer."""

from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Annotated
from urllib.parse import quote
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from auction.kernel.actor import Role
from auction.kernel.money import Money
from auction.kernel.refusal import Refusal
from auction.law.taxes import LAWFUL_BEARERS, Bearer, TaxKind
from auction.notices import policy
from auction.notices.commands import record_receipt
from auction.notices.notice import NoticeState
from auction.notices.queries import NoticeView, inbox, notice_for
from auction.notices.wording import NoticeKind
from auction.settlement.asked import AskedView, kinds_of, sale_asked_by
from auction.settlement.commands import AssessedTax, record_tax_lines, register_title
from auction.settlement.queries import tax_lines
from web.forms import FormErrors, read_form
from web.i18n import n_
from web.views import render, see_other
from web.wiring import actor_of, path_id, reading, require_of, unit

PERCENT = 100
TAX_ROWS = tuple(
    (kind, bearer, basis)
    for kind, (bearers, basis) in LAWFUL_BEARERS.items()
    for bearer in sorted(bearers)
)
"""A row of the bureau's form for each tax and each party that its law lets bear it (网拍30)."""


class Registration(msgspec.Struct, frozen=True):
    """What the register answers when it has registered the buyer."""

    certificate_number: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]


async def inbox_page(request: Request) -> Response:
    """What was served on the person, or on the organisation it acts for."""
    actor = require_of(request, policy.READ_INBOX)
    async with reading(request) as session:
        notices = await inbox(session, actor)
    is_asked = bool(actor.roles & {Role.REGISTRY, Role.TAX})
    desk = "/assist" if is_asked else "/inbox"
    return render(request, "notices/inbox.html", notices=notices, desk=desk, is_asked=is_asked)


async def notice_page(request: Request) -> Response:
    """One notice with its proof and what it wants answered."""
    async with reading(request) as session:
        notice, asked = await _notice(request, session)
        is_letter = notice.kind is NoticeKind.TAX_COORDINATION
        sent = await tax_lines(session, asked.sale_id) if asked and is_letter else ()
    return render(
        request,
        "notices/notice.html",
        notice=notice,
        asked=asked,
        desk=request.url.path.rsplit("/", 1)[0],
        can_receive=_can_receive(request, notice),
        can_assess=_can_assess(request, notice, asked),
        can_register=Role.REGISTRY in actor_of(request).roles
        and asked is not None
        and asked.is_awaiting_registration
        and notice.kind is NoticeKind.ASSIST_EXECUTION,
        tax_rows=[row for row in TAX_ROWS if row[0] in _fitting(asked)],
        sent=sent,
    )


async def _notice(request: Request, session: AsyncSession) -> tuple[NoticeView, AskedView | None]:
    notice = await notice_for(session, actor_of(request), path_id(request))
    return notice, await sale_asked_by(session, notice.id)


def _can_receive(request: Request, notice: NoticeView) -> bool:
    # The ruling is signed for on the buyer's own page, where it also passes title; the tax
    # letter is received by answering it.
    elsewhere = {NoticeKind.TITLE_RULING, NoticeKind.TAX_COORDINATION}
    may = bool(actor_of(request).roles & policy.ACKNOWLEDGE.roles)
    return may and notice.state is NoticeState.SERVED and notice.kind not in elsewhere


def _can_assess(request: Request, notice: NoticeView, asked: AskedView | None) -> bool:
    return (
        Role.TAX in actor_of(request).roles
        and notice.kind is NoticeKind.TAX_COORDINATION
        and asked is not None
        and asked.is_awaiting_taxes
    )


async def receive(request: Request) -> Response:
    """The addressee acknowledges that the notice has arrived."""
    key = path_id(request)
    async with unit(request) as work:
        await record_receipt(work, key, answer={"result": "received"})
    return see_other(request.url.path.removesuffix("/receive"), said=n_("已签收。"))


async def assess(request: Request) -> Response:
    """The bureau answers with its tax lines: kept as its answer and on the sale, in one commit."""
    posted = {name: str(text) for name, text in (await request.form()).items()}
    async with reading(request) as session:
        notice, asked = await _notice(request, session)
    lines = _answer(posted, _fitting(asked))
    if asked is None:
        raise Refusal("not_found", what="sale", id=str(notice.id))
    async with unit(request) as work:
        await record_receipt(work, notice.id, answer={"lines": [_written(line) for line in lines]})
        await record_tax_lines(work, asked.sale_id, lines=lines)
    return see_other(f"/assist/{notice.id}", said=n_("税费核定已回复法院。"))


def _answer(posted: dict[str, str], kinds: frozenset[TaxKind]) -> list[AssessedTax]:
    """The lines of an answer; none at all only where the bureau says so by its tick."""
    lines = _tax_lines(posted)
    unfit = [line for line in lines if line.kind not in kinds]
    if unfit:
        raise FormErrors({f"{unfit[0].kind}-{unfit[0].bearer}-base": "form.not_offered"})
    if bool(lines) == bool(posted.get("no_tax")):
        raise FormErrors({"no_tax": "form.not_valid" if lines else "form.required"})
    return lines


def _fitting(asked: AskedView | None) -> frozenset[TaxKind]:
    return kinds_of(asked.asset_kind) if asked else frozenset()


def _tax_lines(posted: dict[str, str]) -> list[AssessedTax]:
    """The rows that were filled in; every wrong field is named, an empty row is no tax."""
    lines: list[AssessedTax] = []
    errors: dict[str, str] = {}
    for kind, bearer, _basis in TAX_ROWS:
        row = f"{kind}-{bearer}"
        texts = [posted.get(f"{row}-{part}", "").strip() for part in ("base", "rate", "amount")]
        if any(texts):
            line = _tax_line((kind, bearer), texts, row, errors)
            lines += [line] if line else []
    if errors:
        raise FormErrors(errors)
    return lines


def _tax_line(
    what: tuple[TaxKind, Bearer], texts: list[str], row: str, errors: dict[str, str]
) -> AssessedTax | None:
    base, amount = (_money(text, f"{row}-{part}", errors)
                    for text, part in ((texts[0], "base"), (texts[2], "amount")))  # fmt: skip
    rate = _rate(texts[1], f"{row}-rate", errors)
    if base is None or amount is None or rate is None:
        return None
    return AssessedTax(kind=what[0], bearer=what[1], base=base, rate=rate, amount=amount)


def _money(text: str, name: str, errors: dict[str, str]) -> Money | None:
    try:
        return Money.parse(text)
    except ValueError:
        errors[name] = "form.not_an_amount" if text else "form.required"
        return None


def _rate(text: str, name: str, errors: dict[str, str]) -> Fraction | None:
    """Per cent as the bureau writes it: `3`, `0.05`."""
    try:
        rate = Decimal(text.rstrip("%％")) / PERCENT
    except InvalidOperation:
        rate = Decimal(-1)
    if not (rate.is_finite() and 0 <= rate <= 1):
        errors[name] = "form.not_a_number" if text else "form.required"
        return None
    return Fraction(rate)


def _written(line: AssessedTax) -> dict[str, object]:
    return {
        "kind": line.kind.value,
        "bearer": line.bearer.value,
        "base_fen": line.base.fen,
        "rate": str(line.rate),
        "amount_fen": line.amount.fen,
    }


async def register(request: Request) -> Response:
    """The register answers with the certificate it gave the buyer."""
    form = await read_form(request, Registration)
    async with reading(request) as session:
        notice, asked = await _notice(request, session)
    if asked is None:
        raise Refusal("not_found", what="sale", id=str(notice.id))
    async with unit(request) as work:
        await register_title(work, asked.sale_id, certificate_number=form.certificate_number)
    return see_other(f"/assist/{notice.id}", said=n_("登记结果已回复法院。"))


async def paper(request: Request) -> Response:
    """The PDF itself, for those who may read the notice."""
    key: UUID = path_id(request)
    async with reading(request) as session:
        notice = await notice_for(session, actor_of(request), key)
    if notice.digest is None:
        raise Refusal("notice.not_rendered")
    content = await request.state.files.get(notice.digest)
    name = quote(notice.file_name)
    return Response(
        content,
        media_type="application/pdf",
        headers={
            "Content-Disposition": f"attachment; filename*=UTF-8''{name}",
            "Cache-Control": "private, no-store",
        },
    )


ROUTES: list[BaseRoute] = [
    Route("/inbox", inbox_page, methods=["GET"]),
    Route("/inbox/{id}", notice_page, methods=["GET"]),
    Route("/inbox/{id}/receive", receive, methods=["POST"]),
    Route("/assist", inbox_page, methods=["GET"]),
    Route("/assist/{id}", notice_page, methods=["GET"]),
    Route("/assist/{id}/receive", receive, methods=["POST"]),
    Route("/assist/{id}/assess", assess, methods=["POST"]),
    Route("/assist/{id}/register", register, methods=["POST"]),
    Route("/notices/{id}/paper", paper, methods=["GET"]),
]
