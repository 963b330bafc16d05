"""What `luochui demo` and `luochui journey` do: a stack, made-up people, the road to walk."""

import asyncio
import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from auction.kernel.settings import Settings
from auction.law.rulebook import DEMONSTRATION
from auction.store.database import Database
from workers.demo.journey import Address, Journey, run_journey
from workers.demo.road import ROAD
from workers.demo.seed import ACCOUNTS_FILE, seed
from workers.embedded.place import any_ports, default_state, preferred_ports
from workers.stack import Plan, Say, Stack, wait_for_signal

LOTS = Path(__file__).resolve().parent / "lots.csv"
"""The project's own made-up rows, in the columns of a judicial lots file."""

LOOK_AT = (
    ("/", "what is on auction, and what was"),
    ("/sign-in", "sign in as any of the accounts above"),
)


def run_demo(say: Say) -> None:
    """Start everything, run the journey on a new database, and serve until told to end."""
    state = default_state()
    told = wait_for_signal()
    stack = Stack(
        Plan(state=state, rulebook=DEMONSTRATION, ports=preferred_ports(), environment=os.environ),
        say,
    )
    with stack as settings:
        accounts = asyncio.run(_seed(settings))
        marker = state / "journey.done"
        if not marker.exists() and not told.is_set():
            say("The journey of one asset, on real pages, takes about a minute and a half:")
            asyncio.run(_walk(settings, accounts, state / "journey", LOTS, say))
            marker.touch()
        _tell(settings, accounts, say)
        stack.watch(told)
        say("Stopping ...")
    say("Stopped; everything is kept in " + str(state) + ".")


def run_whole_journey(out: Path | None, lots: Path | None, say: Say) -> None:
    """Walk the road once on a fresh database, which is thrown away afterwards."""
    # Below the system's temporary folder with a short name: a local socket's path is short.
    state = Path(tempfile.mkdtemp(prefix="luochui-journey-"))
    try:
        plan = Plan(state=state, rulebook=DEMONSTRATION, ports=any_ports(), environment=os.environ)
        with Stack(plan, say) as settings:
            accounts = asyncio.run(_seed(settings))
            place = out.resolve() if out else state / "journey"
            asyncio.run(_walk(settings, accounts, place, lots or LOTS, say))
    except BaseException:
        if out:
            shutil.copytree(state / "log", out / "log", dirs_exist_ok=True)
        raise
    finally:
        shutil.rmtree(state, ignore_errors=True)


async def _seed(settings: Settings) -> Mapping[str, Mapping[str, str]]:
    database = Database(settings)
    try:
        await seed(database, settings.luochui_state)
    finally:
        await database.close()
    told: dict[str, dict[str, str]] = json.loads(
        (settings.luochui_state / ACCOUNTS_FILE).read_text()
    )
    return told


async def _walk(
    settings: Settings, accounts: Mapping[str, Mapping[str, str]], out: Path, lots: Path, say: Say
) -> None:
    journey = Journey(
        address=Address(settings.web_origin, settings.live_origin),
        accounts=accounts,
        out=out,
        lots=lots,
        say=say,
    )
    await run_journey(journey, ROAD)


def _tell(settings: Settings, accounts: Mapping[str, Mapping[str, str]], say: Say) -> None:
    """Print the address, the accounts and what to look at."""
    say("")
    say("Accounts (made up, for this database only):")
    for username, account in accounts.items():
        say(f"  {username:14s} {account['password']}  {account.get('note', '')}")
    say("")
    for path, what in LOOK_AT:
        say(f"  {settings.web_origin}{path}  {what}")
    say("")
    say(f"Luochui serves at {settings.web_origin}; Ctrl-C ends it, the data stays.")
