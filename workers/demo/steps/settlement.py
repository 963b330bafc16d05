"""Journey: from the hammer to the last fen: confirmation, balance, ruling, title, plan, payout."""

import re

from auction.kernel.money import Money
from workers.demo.browser import Page
from workers.demo.journey import Journey, StepError
from workers.demo.steps.approvals import approval_path, say_yes
from workers.demo.steps.finance import BIDDERS, CLERK

OFFICER = "officer"
SECOND_PERSON = "panel1"
THIRD_PERSON = "approver"
SUPERVISOR = "supervisor"
"""Agrees to payouts of a million yuan or more."""
FEE_ACCOUNT = ("杭湾市财政局非税收入专户（演示）", "33001990000000001")
TAX_ACCOUNT = ("国家金库杭湾市支库（演示）", "33001990000000002")
VOUCHERS = "（演示）完税凭证 3302026000001、3302026000002"
PAPER_SECONDS_MAX = 60.0

_PURCHASE = re.compile(r'href="/party/purchases/([0-9a-f-]+)"')
_PLAN = re.compile(r'href="/court/plans/([0-9a-f-]+)"')
_PRICE = re.compile(r"成交价\s*([\d,]+\.\d\d)")
_HELD = re.compile(r'id="held" data-fen="(\d+)"')
_LINE = re.compile(
    r'<tr data-line="[^"]+"><td[^>]*>([^<]*)</td><td[^>]*>[^<]*</td><td[^>]*>([\d,.]+)</td>'
)


async def sale_is_confirmed(j: Journey) -> None:
    """Step 7: the winner has a sale in his real name, with its paper."""
    async with j.step("The hammer makes a sale: confirmation in the winner's real name (网拍22)"):

        async def somebody_bought() -> bool:
            return await _winner(j) != ""

        await j.until(somebody_bought, "the sale to be confirmed", seconds=PAPER_SECONDS_MAX)
        winner = await _winner(j)
        j.facts["winner"] = winner
        page = await (await j.as_(winner)).get(_purchase(j))
        if "网络竞价成交确认书" not in page.said or "待缴余款" not in page.said:
            raise StepError("the purchase shows neither its confirmation nor what is due")
        j.amounts["hammer_price"] = Money.parse(_read(page, _PRICE)).fen


async def title_passes(j: Journey) -> None:
    """Step 8, the right: qualification checked again, ruling made, signed for, title passed."""
    officer, sale = await j.as_(OFFICER), f"/court/sales/{j.text('sale_id')}"
    async with j.step("Qualification is checked again before any ruling (竞买资格3)"):
        evidence = "住建部门联网查询：自报名至今持续具备购房资格（演示）"
        await officer.submit(sale, "check-qualification", {"evidence": evidence})
    async with j.step("The officer makes the title ruling (拍变20)"):
        await officer.submit(sale, "issue-ruling", {"confirmed": "on"})
    async with j.step("The buyer reads and signs for the ruling: title passes (网拍22)"):
        buyer = await j.as_(j.text("winner"))

        async def can_sign() -> bool:
            return "sign-for-ruling" in (await buyer.get(_purchase(j))).forms

        await j.until(can_sign, "the ruling to be served", seconds=PAPER_SECONDS_MAX)
        page = await buyer.submit(_purchase(j), "sign-for-ruling")
        if "所有权已转移给您" not in page.said:
            raise StepError("the buyer's page does not say that title has passed")


async def assistance_is_asked(j: Journey) -> None:
    """Step 9, the court's side: both letters leave in one act."""
    async with j.step("协助执行通知书 to the registry, tax letter to the bureau (民诉法262)"):
        officer = await j.as_(OFFICER)
        await officer.submit(f"/court/sales/{j.text('sale_id')}", "ask-assistance")


async def plan_is_approved(j: Journey) -> None:
    """Step 10: plan by the waterfall, served, window over, approved by a second person."""
    officer, sale = await j.as_(OFFICER), f"/court/sales/{j.text('sale_id')}"
    async with j.step("The officer has the plan computed in the order of the law (民诉解释509)"):
        fields = {
            "fee_name": FEE_ACCOUNT[0],
            "fee_account": FEE_ACCOUNT[1],
            "tax_name": TAX_ACCOUNT[0],
            "tax_account": TAX_ACCOUNT[1],
        }
        page = await officer.submit(f"{sale}/plan", "draft-plan", fields)
        j.facts["plan_path"] = page.path
    async with j.step("The plan is served on every creditor and the debtor, who may read it"):
        await officer.submit(j.text("plan_path"), "serve-plan")
        for username in ("applicant", "mortgagee", "respondent"):
            own = j.text("plan_path").replace("/court/", "/party/")
            if "提出书面异议" not in (await (await j.as_(username)).get(own)).said:
                raise StepError(f"{username} cannot object to the plan")
    async with j.step("The window passes; a second person approves (法发〔2017〕6号13)"):

        async def may_propose() -> bool:
            return "propose-plan" in (await officer.get(j.text("plan_path"))).forms

        await j.until(may_propose, "the window to object to pass", seconds=PAPER_SECONDS_MAX)
        proposed = await officer.submit(j.text("plan_path"), "propose-plan")
        path = approval_path(proposed)
        if "approve" in (await officer.get(path)).forms:
            raise StepError("the author may approve his own plan")
        await say_yes(j, SECOND_PERSON, j.text("plan_path"), reads=FEE_ACCOUNT[0])


async def payouts_are_ordered(j: Journey) -> None:
    """Step 10: the clerk proposes every payment, others check, a third person orders them."""
    async with j.step(
        "Clerk, officer, supervisor, approver: payouts ordered (法发〔2017〕6号11-13)"
    ):
        path = j.text("plan_path")
        await (await j.as_(CLERK)).submit(path, "order-all")
        for username in (OFFICER, SUPERVISOR, THIRD_PERSON):
            await say_yes(j, username, path, reads=FEE_ACCOUNT[0])
        page = await (await j.as_(THIRD_PERSON)).get(path)
        lines = _LINE.findall(page.text)
        if not lines:
            raise StepError(f"{page.path} shows no payments")
        for n, (payee, amount) in enumerate(lines, start=1):
            j.amounts[f"plan.{n:02d}.{payee}"] = Money.parse(amount).fen
        if sum(Money.parse(amount).fen for _, amount in lines) != j.amounts["hammer_price"]:
            raise StepError("the plan's lines do not add up to the hammer price")


async def everything_is_paid(j: Journey) -> None:
    """Step 10: the court holds nothing of this sale any more; each creditor sees his payment."""
    async with j.step("Every fen of the proceeds has left the court by the bank's statement"):
        await j.until_page(OFFICER, j.text("plan_path"), "已全部发放")
        page = await (await j.as_(OFFICER)).get(j.text("plan_path"))
        held = _HELD.search(page.text)
        if held is None or held.group(1) != "0":
            raise StepError("the court still holds money of the sale")
        own = j.text("plan_path").replace("/court/", "/party/")
        if "银行已确认" not in (await (await j.as_("applicant")).get(own)).said:
            raise StepError("the applicant does not see the payment confirmed")


async def taxes_are_shown_paid(j: Journey) -> None:
    """先税后证: the vouchers go on file before anything is registered."""
    async with j.step("The officer records the tax vouchers (契税法11)"):
        officer = await j.as_(OFFICER)
        sale = f"/court/sales/{j.text('sale_id')}"
        await officer.submit(sale, "show-taxes-paid", {"vouchers": VOUCHERS})


async def lot_is_delivered(j: Journey) -> None:
    """The thing is in the buyer's hands."""
    async with j.step("The lot is handed over to the buyer (拍变27)"):
        page = await (await j.as_(OFFICER)).submit(f"/court/sales/{j.text('sale_id')}", "deliver")
        if "已交付" not in page.said:
            raise StepError("the sale is not delivered")


async def _winner(j: Journey) -> str:
    """The bidder who has a purchase, once there is one."""
    for username in BIDDERS:
        page = await (await j.as_(username)).get("/party")
        found = _PURCHASE.search(page.text)
        if found:
            j.facts["sale_id"] = found.group(1)
            return username
    return ""


def _purchase(j: Journey) -> str:
    return f"/party/purchases/{j.text('sale_id')}"


def _read(page: Page, wanted: re.Pattern[str]) -> str:
    found = wanted.search(page.said)
    if found is None:
        raise StepError(f"{page.path} does not show {wanted.pattern}")
    return found.group(1)
