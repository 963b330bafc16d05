"""Journey: the register and the tax bureau receive their papers, verify them and answer."""

import hashlib
import re

from auction.kernel.money import Money
from auction.law.taxes import LAWFUL_BEARERS, Bearer, TaxKind
from workers.demo.browser import Browser, Page, PageError
from workers.demo.journey import Journey

PAPER_SECONDS_MAX = 60.0
ASSESSED = (
    (TaxKind.VAT, Bearer.SELLER, 3),
    (TaxKind.DEED, Bearer.BUYER, 3),
)
"""What the made-up bureau finds due, in per cent of the price without VAT.

No stamp tax: the home of a natural person carries none (财税〔2008〕137号), as was announced."""
_PRICE = re.compile(r"成交价\s*([\d,]+\.\d\d)")
_PPM_BY_PERCENT = 10_000


async def steps_assist(j: Journey) -> None:
    """Both desks verify the original; the register receives it, the bureau returns its lines."""
    async with j.step("The register verifies and receives its 协助执行通知书 (民诉法262)"):
        browser, page = await _open(j, "registry", "assist_execution")
        await _verify(browser, page)
        await browser.submit(page.path, "receive")
    async with j.step("The tax bureau verifies its letter and returns its lines (网拍30)"):
        browser, page = await _open(j, "tax", "tax_coordination")
        await _verify(browser, page)
        await browser.submit(page.path, "assess-taxes", _assessment(j, page))


async def steps_register(j: Journey) -> None:
    """Once the taxes are shown paid, the register enters the buyer (契税法11: 先税后证)."""
    async with j.step("The register enters the buyer (契税法11)"):
        browser, page = await _open(j, "registry", "assist_execution")
        await browser.submit(
            page.path,
            "register-title",
            {"certificate_number": "浙（2026）杭湾市不动产权第0000001号"},
        )


async def steps_papers(j: Journey) -> None:
    """The officer takes every paper of the case; each is the one its page vouches for."""
    async with j.step("Every paper of the case is the one its page vouches for"):
        officer = await j.as_("officer")
        page = await officer.get(f"/court/cases/{j.text('case_id')}/notices")
        found = re.findall(r'href="(/notices/[^"]+/paper)" data-kind="([a-z_]+)"', page.text)
        codes = re.findall(r'href="/verify/([0-9A-Z-]+)"', page.text)
        if not found:
            raise PageError("the case has no papers")
        for number, ((path, kind), code) in enumerate(zip(found, codes, strict=True), 1):
            content = (await officer.get(path)).content
            proof = await (await j.visitor()).get(f"/verify/{code}")
            if hashlib.sha256(content).hexdigest() not in proof.text:
                raise PageError(f"{path} is not the paper that its page vouches for")
            j.write(f"notices/{number:02d}-{kind}.pdf", content)
        j.facts["papers"] = len(found)


async def _open(j: Journey, username: str, kind: str) -> tuple[Browser, Page]:
    """The page of the newest notice of a kind on somebody's desk, once it is served."""
    browser = await j.as_(username)
    link = re.compile(rf'href="(/assist/[^"]+)" data-kind="{kind}"')

    async def is_there() -> bool:
        return link.search((await browser.get("/assist")).text) is not None

    await j.until(is_there, f"{kind} on the desk of {username}", seconds=PAPER_SECONDS_MAX)
    match = link.search((await browser.get("/assist")).text)
    if match is None:
        raise PageError(f"{kind} left the desk of {username}")
    return browser, await browser.get(match.group(1))


async def _verify(browser: Browser, page: Page) -> None:
    """Download the original, and have the page of its code compare it; a changed one must fail."""
    paper = re.search(r'href="(/notices/[^"]+)" id="paper"', page.text)
    proof = re.search(r'href="(/verify/[^"]+)" id="verify"', page.text)
    if paper is None or proof is None:
        raise PageError(f"{page.path} offers no original to verify")
    content = (await browser.get(paper.group(1))).content
    changed = content[:-9] + bytes([content[-9] ^ 1]) + content[-8:]
    said = ((content, 'id="match"'), (content, 'id="signature"'), (changed, 'id="mismatch"'))
    for given, word in said:
        file = {"file": ("notice.pdf", given, "application/pdf")}
        answer = await browser.submit(proof.group(1), "compare", files=file)
        if word not in answer.text:
            raise PageError(f"{proof.group(1)} did not say {word}")


def _assessment(j: Journey, page: Page) -> dict[str, str]:
    price = _PRICE.search(page.said)
    if price is None:
        raise PageError(f"{page.path} shows no hammer price")
    base = Money(Money.parse(price.group(1)).fen * 100 // 103)
    fields: dict[str, str] = {}
    for kind, bearer, percent in ASSESSED:
        bearers, _basis = LAWFUL_BEARERS[kind]
        if bearer not in bearers:
            raise PageError(f"{kind} cannot be borne by the {bearer}")
        amount = Money(base.fen * round(float(percent) * _PPM_BY_PERCENT) // 1_000_000)
        row = f"{kind.value}-{bearer.value}"
        fields |= {f"{row}-base": str(base), f"{row}-rate": str(percent),
                   f"{row}-amount": str(amount)}  # fmt: skip
        j.amounts[f"tax.{kind.value}.{bearer.value}"] = amount.fen
    return fields
