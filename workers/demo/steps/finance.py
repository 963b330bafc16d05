"""The bank and the finance desk: deposits in, balance in, refunds and payouts out, sums to zero."""

import csv
import io
import re
from collections.abc import Sequence

from auction.kernel.clock import SystemClock
from auction.kernel.money import ZERO, Money, total
from workers.demo.browser import Page
from workers.demo.journey import Journey, StepError
from workers.demo.statement_file import BankEntry, DemoBank

CLERK = "clerk"
APPROVER = "approver"
BIDDERS = ("bidder1", "bidder2", "bidder3", "bidder4", "bidder5")
FORGETFUL = "bidder5"
"""Leaves the virtual account out; the clerk finds out whose money it is."""
STRANGER = ("钱无主", "6222009900000099")
STRAY = Money.yuan(88)
BOOKING_SECONDS_MAX = 30.0

_VIRTUAL = re.compile(r"收款账号[^0-9]*(\d{19})")
_SALE_ACCOUNT = re.compile(r"收款账号（本次成交专用） (\d{19})")
_BALANCE = re.compile(r"余款 ([\d,]+\.\d{2}) 元")
_HAMMER = re.compile(r"成交价 ([\d,]+\.\d{2}) 元")
_AMOUNT = re.compile(r"金额 ([\d,]+\.\d{2}) 元")


async def deposits_arrive(j: Journey) -> None:
    """Step 5: the bidders pay from their own accounts; finance imports the bank's file."""
    async with j.step("Deposits arrive by a bank statement file and are matched"):
        expected = {name: await deposit_expected(j, name) for name in BIDDERS}
        entries = [
            paid_by(j, name, amount, "" if name == FORGETFUL else number)
            for name, (number, amount) in expected.items()
        ]
        entries.append(BankEntry(is_in=True, amount=STRAY, name=STRANGER[0], account=STRANGER[1]))
        await import_statement(j, entries)
        for name, (_, amount) in expected.items():
            j.amounts[f"deposit.{name}"] = amount.fen
    async with j.step("Finance claims a payment that left out its virtual account"):
        number, amount = expected[FORGETFUL]
        await _claim(j, _payer(j, FORGETFUL)[0], number)
        held = (await (await j.as_(CLERK)).get("/finance/deposits")).said.count("已冻结")
        if held < len(BIDDERS):
            raise StepError(f"{held} deposits are held, not {len(BIDDERS)}")
    async with j.step("Money that nothing expects is ordered back to its payer"):
        path = await _line_path(j, STRANGER[0])
        clerk = await j.as_(CLERK)
        await clerk.submit(path, "refund-line", {"refund_reason": "无对应应收款，原路退回"})
        j.amounts["stray"] = STRAY.fen


async def balance_arrives(j: Journey) -> None:
    """Step 8: the buyer reads his own page and pays the balance to the sale's own account."""
    async with j.step("The buyer pays the balance; the bank's statement confirms it"):
        username, page = await _buyer(j)
        due = await pay_balance(j, username, page)
        after = await (await j.as_(username)).get("/me")  # it tells no account any more
        if Money.parse(_read(after, _BALANCE)) != ZERO:
            raise StepError("the balance was paid and is still due")
        j.facts["buyer"] = username
        j.amounts["balance"] = due.fen
        j.amounts["hammer_price"] = Money.parse(_read(after, _HAMMER)).fen


async def pay_deposits(j: Journey, usernames: Sequence[str]) -> None:
    """Have the bidders pay what their own pages ask for, and finance import the statement."""
    await take_deposits(j, usernames)
    await all_booked(j)


async def take_deposits(j: Journey, usernames: Sequence[str]) -> None:
    """The same without waiting for the worker to match it."""
    expected = {name: await deposit_expected(j, name) for name in usernames}
    entries = [paid_by(j, name, amount, number) for name, (number, amount) in expected.items()]
    await take_statement(j, entries)


async def pay_balance(j: Journey, username: str, page: Page) -> Money:
    """Pay all that is due by the buyer's page to the account it shows; return how much."""
    due = Money.parse(_read(page, _BALANCE))
    number = _read(page, _SALE_ACCOUNT)
    await import_statement(j, [paid_by(j, username, due, number, "拍卖余款")])
    return due


async def _buyer(j: Journey) -> tuple[str, Page]:
    """Who won: the one bidder whose own page shows a sale."""
    for username in BIDDERS:
        page = await (await j.as_(username)).get("/me")
        if _SALE_ACCOUNT.search(page.said):
            return username, page
    raise StepError("no bidder's page shows a sale")


async def orders_are_paid(j: Journey) -> dict[str, Money]:
    """Steps 7 and 10: take the waiting orders to the bank, which pays them; import its file.

    Returns what was paid by order number.
    """
    for sender in (APPROVER, CLERK):  # nobody sends what he ordered himself
        browser = await j.as_(sender)
        if "send-orders" in (await browser.get("/finance/orders")).forms:
            await browser.submit("/finance/orders", "send-orders")
    file = await (await j.as_(CLERK)).get("/finance/orders/file")
    rows = list(csv.DictReader(io.StringIO(file.content.decode("utf-8-sig"))))
    entries = [
        BankEntry(
            is_in=False,
            amount=Money.parse(row["amount"]),
            name=row["payee_name"],
            account=row["payee_account"].strip(),
            remark=f"付款 {row['remark']}",
        )
        for row in rows
    ]
    await import_statement(j, entries)
    await _all_paid(j, [row["order_number"] for row in rows])
    paid = {row["order_number"]: entry.amount for row, entry in zip(rows, entries, strict=True)}
    j.amounts |= {f"order.{number}": amount.fen for number, amount in paid.items()}
    return paid


async def refunds_are_paid(j: Journey) -> None:
    """Step 7: the losers' deposits go back to the accounts they came from (网拍23)."""
    async with j.step("The bank sends the losers' deposits back; its statement confirms them"):
        paid = await orders_are_paid(j)
        if len(paid) < len(BIDDERS) - 1:
            raise StepError(f"only {len(paid)} refunds were ordered")
        said = (await (await j.as_(CLERK)).get("/finance/deposits")).said
        if said.count("已退还") < len(BIDDERS) - 1:
            raise StepError("not every loser's deposit is released")


async def payouts_are_paid(j: Journey) -> None:
    """Step 10: the plan's payments leave the bank; its statement confirms them."""
    async with j.step("The bank pays the plan out; its statement confirms every order"):
        paid = await orders_are_paid(j)
        j.amounts["paid_out"] = total(list(paid.values())).fen


async def books_close(j: Journey) -> None:
    """Step 11: book and bank agree to the fen, the chains hold, others can add it all up."""
    async with j.step("Trial balance zero, book and bank agree, every chain of the journal holds"):
        page = await (await j.as_("supervisor")).get("/oversight")
        for words in ("全部链条校验通过", "借贷相等，差额 0.00", "账实相符"):
            if words not in page.said:
                raise StepError(f"/oversight does not say {words}")
    async with j.step("Ledger and journal leave as files for hledger, beancount and anybody"):
        supervisor = await j.as_("supervisor")
        for name in ("ledger.hledger", "ledger.beancount", "journal.jsonl"):
            j.write(name, (await supervisor.get(f"/oversight/{name}")).content)
        j.amounts["bank_closing"] = bank_of(j).balance.fen


async def import_statement(j: Journey, entries: list[BankEntry]) -> None:
    """Have the bank book the entries, import its file on the page, wait until it is matched."""
    await take_statement(j, entries)
    await all_booked(j)


async def take_statement(j: Journey, entries: list[BankEntry]) -> None:
    """Have the bank book the entries and import its file on the page."""
    bank = bank_of(j)
    number = int(str(j.facts.get("statements", 0))) + 1
    j.facts["statements"] = number
    content = bank.statement(entries, SystemClock().now())
    name = f"statement-{number:02d}.csv"
    j.write(f"statements/{name}", content)
    clerk = await j.as_(CLERK)
    preview = await clerk.submit(
        "/finance/statements", "upload-statement", files={"statement": (name, content, "text/csv")}
    )
    await clerk.submit(preview.path, "import-statement")


def bank_of(j: Journey) -> DemoBank:
    """The made-up bank of this journey."""
    bank = j.facts.setdefault("bank", DemoBank())
    if not isinstance(bank, DemoBank):
        raise StepError("the fact 'bank' is not the bank")
    return bank


async def all_booked(j: Journey, *, seconds: float = BOOKING_SECONDS_MAX) -> None:
    """Wait until the worker has looked at every line."""
    clerk = await j.as_(CLERK)

    async def done() -> bool:
        pages = [await clerk.get(f"/finance/lines?state={state}") for state in ("new", "claimed")]
        return not any('id="lines"' in page.text for page in pages)

    await j.until(done, "every line of the statement to be matched", seconds=seconds)


async def _all_paid(j: Journey, numbers: list[str]) -> None:
    said = (await (await j.as_(CLERK)).get("/finance/orders")).text
    for number in numbers:
        row = said.partition(f">{number}</td>")[2].partition("</tr>")[0]
        if "已付款" not in row:
            raise StepError(f"order {number} was not confirmed by the statement")


async def _claim(j: Journey, payer: str, virtual_account: str) -> None:
    clerk = await j.as_(CLERK)
    path = await _line_path(j, payer)
    said = {"claimed_as": virtual_account, "reason": "电话核实：付款人漏填虚拟账号"}
    await clerk.submit(path, "claim-line", said)
    await all_booked(j)


async def _line_path(j: Journey, payer: str) -> str:
    """The page of the unidentified line of a payer."""
    page = await (await j.as_(CLERK)).get("/finance/lines?state=unidentified")
    for row in page.text.split("<tr>"):
        found = re.search(r'href="(/finance/lines/[0-9a-f-]+)"', row)
        if found and payer in row:
            return found.group(1)
    raise StepError(f"no unidentified line of {payer}")


async def deposit_expected(j: Journey, username: str) -> tuple[str, Money]:
    """The virtual account and the amount that a bidder reads on his own page."""
    page = await (await j.as_(username)).get(f"/lots/{j.text('listing_id')}/join")
    return _read(page, _VIRTUAL), Money.parse(_read(page, _AMOUNT))


def _read(page: Page, wanted: re.Pattern[str]) -> str:
    found = wanted.search(page.said)
    if found is None:
        raise StepError(f"{page.path} does not show {wanted.pattern}")
    return found.group(1)


def _payer(j: Journey, username: str) -> tuple[str, str]:
    """Whose account it is, as the bank writes it, and its number."""
    serial = list(j.accounts).index(username)
    return j.accounts[username]["name"], f"62220099{serial:08d}"


def paid_by(
    j: Journey, username: str, amount: Money, virtual_account: str, remark: str = "竞买保证金"
) -> BankEntry:
    """What the bank will show when somebody pays from his own account."""
    name, account = _payer(j, username)
    if amount == ZERO:
        raise StepError(f"nothing is due from {username}")
    return BankEntry(
        is_in=True,
        amount=amount,
        name=name,
        account=account,
        virtual_account=virtual_account,
        remark=remark,
    )
