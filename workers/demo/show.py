"""What `luochui demo` and `luochui journey` do: a stack, made-up people, the road to walk."""

import asyncio
import json
import os
import shutil
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path

from auction.kernel.settings import Settings
from auction.law.rulebook import DEMONSTRATION
from auction.store.database import Database
from workers.demo.journey import Address, Journey, StepError, run_journey
from workers.demo.open_lot import lot_stays_open
from workers.demo.road import ROAD
from workers.demo.seed import ACCOUNTS_FILE, seed
from workers.embedded.place import any_ports, default_state, kept_ports, prepare_state
from workers.stack import Plan, Say, Stack, wait_for_signal

LOTS = Path(__file__).resolve().parent / "lots.csv"
"""The project's own made-up rows, in the columns of a judicial lots file."""

LOOK_AT = (
    ("/lots", "one lot is open for an hour, bid for it; the one sold tells its whole story"),
    ("/draws", "the draw of the appraisal agencies, with a transcript anybody can check"),
    ("/verify", "a paper proved by its code: any notice under /assist or /court has one"),
    ("/court", "sign in as officer: the case, its valuation, listing, sale and plan"),
    ("/finance", "sign in as clerk: bank statements, deposits, payouts"),
    ("/assist", "sign in as registry or tax: what the court asked, and their answers"),
    ("/oversight", "sign in as supervisor: journal, ledger, trial balance"),
)

Accounts = Mapping[str, Mapping[str, str]]


def run_demo(say: Say) -> None:
    """Start everything, walk the road on a new database, and serve until told to end."""
    state = default_state()
    prepare_state(state)
    told = wait_for_signal()
    plan = Plan(
        state=state,
        rulebook=DEMONSTRATION,
        ports=kept_ports(state, os.environ),
        environment=os.environ,
    )
    stack = Stack(plan, say)
    with stack as settings:
        accounts = asyncio.run(_seed(settings))
        _walk_once(settings, accounts, told, say)
        if not told.is_set():
            _tell(settings, accounts, say)
        stack.watch(told)
        say("Stopping ...")
    say(f"Stopped; everything is kept in {state}.")


def run_whole_journey(out: Path | None, lots: Path | None, say: Say) -> None:
    """Walk the road once on a fresh database, which is thrown away afterwards."""
    state = Path(tempfile.mkdtemp(prefix="luochui-"))  # short: a local socket's path is short
    place = out.resolve() if out else state / "journey"
    try:
        plan = Plan(state=state, rulebook=DEMONSTRATION, ports=any_ports(), environment=os.environ)
        with Stack(plan, say) as settings:
            accounts = asyncio.run(_seed(settings))
            asyncio.run(run_journey(_journey(settings, accounts, place, lots or LOTS, say), ROAD))
    except BaseException:
        if out and (state / "log").exists():
            shutil.copytree(state / "log", place / "log", dirs_exist_ok=True)
        raise
    finally:
        shutil.rmtree(state, ignore_errors=True)


def _walk_once(settings: Settings, accounts: Accounts, told: threading.Event, say: Say) -> None:
    """Walk the road on a database that has not seen it; a step that fails is told, not fatal."""
    marker = settings.luochui_state / "journey.begun"
    if marker.exists() or told.is_set():
        return
    marker.touch()  # before, not after: half a road walked twice is two cases of one number
    say("The life of one seized asset, on real pages; it takes about a minute and a half:")
    out = settings.luochui_state / "journey"
    road, after = [_journey(settings, accounts, out, LOTS, say) for _ in range(2)]
    try:
        asyncio.run(_walk_until(road, after, told))
    except StepError as wrong:
        say(f"journey FAILED at {wrong}")
        say("What was done until then is there to be looked at.")


async def _walk_until(road: Journey, after: Journey, told: threading.Event) -> None:
    """Walk the road and put one more lot on offer; leave it when told to end."""
    walk = asyncio.create_task(_walk(road, after))
    while not walk.done():
        if told.is_set():
            walk.cancel()
        await asyncio.wait({walk}, timeout=0.2)
    if not walk.cancelled():
        await walk


async def _walk(road: Journey, after: Journey) -> None:
    await run_journey(road, ROAD)
    try:
        await lot_stays_open(after)
    finally:
        await after.close()


async def _seed(settings: Settings) -> Accounts:
    database = Database(settings)
    try:
        await seed(database, settings.luochui_state)
    finally:
        await database.close()
    told: dict[str, dict[str, str]] = json.loads(
        (settings.luochui_state / ACCOUNTS_FILE).read_text()
    )
    return told


def _journey(settings: Settings, accounts: Accounts, out: Path, lots: Path, say: Say) -> Journey:
    return Journey(
        address=Address(settings.web_origin, settings.live_origin),
        accounts=accounts,
        out=out,
        lots=lots,
        say=say,
    )


def _tell(settings: Settings, accounts: Accounts, say: Say) -> None:
    """Print the accounts, what to look at, and the address last."""
    say("")
    say(f"One click per role: {settings.web_origin}/demo (on this machine only).")
    say("A second factor is shown on the page that asks for it; only the demonstration does so.")
    say("Accounts, made up for this database (user name, password, who that is):")
    for username, account in accounts.items():
        say(f"  {username:12s} {account['password']}  {account['name']}  {account['note']}")
    say("")
    say("What to look at:")
    for path, what in LOOK_AT:
        say(f"  {settings.web_origin}{path:11s} {what}")
    say("")
    say(f"Luochui serves at {settings.web_origin} ; Ctrl-C ends it, the data stays.")
