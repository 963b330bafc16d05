"""The journey: the whole life of one asset through the running product, each actor as itself.

It knows addresses and accounts, nothing of the inside: pages by HTTP, the hall by WebSocket.
Every step prints a line when it is done; the first that fails ends the journey with its name.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from workers.demo.browser import Browser, PageError

SIGN_IN_PATH = "/sign-in"
SIGN_IN_FORM = "sign-in"
POLL_SECONDS = 0.2

Say = Callable[[str], None]


class StepError(Exception):
    """A step failed; says which, and why."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where the running product answers."""

    web_origin: str
    live_origin: str


@dataclass(slots=True)
class Journey:
    """What the steps share: who is signed in, what was learned, where results go."""

    address: Address
    accounts: Mapping[str, Mapping[str, str]]
    """username -> {"password": ..., ...} as the seed wrote them."""
    out: Path
    lots: Path
    say: Say
    facts: dict[str, object] = field(default_factory=dict)
    amounts: dict[str, int] = field(default_factory=dict)
    """Every amount that moved, in fen, by name; becomes summary.json."""
    done: list[tuple[str, float]] = field(default_factory=list)
    _browsers: dict[str, Browser] = field(default_factory=dict)

    async def as_(self, username: str) -> Browser:
        """The browser of one account, signed in."""
        if username not in self._browsers:
            browser = Browser(self.address.web_origin)
            password = self.accounts[username]["password"]
            await browser.submit(
                SIGN_IN_PATH, SIGN_IN_FORM, {"username": username, "password": password}
            )
            self._browsers[username] = browser
        return self._browsers[username]

    async def visitor(self) -> Browser:
        """The browser of somebody who is not signed in."""
        if "" not in self._browsers:
            self._browsers[""] = Browser(self.address.web_origin)
        return self._browsers[""]

    def text(self, name: str) -> str:
        """A fact learned by an earlier step, as text."""
        if name not in self.facts:
            raise StepError(f"no earlier step learned {name!r}")
        return str(self.facts[name])

    @asynccontextmanager
    async def step(self, sentence: str) -> AsyncIterator[None]:
        """One step: prints its line and its time, or raises StepError with its name."""
        began = time.monotonic()
        number = len(self.done) + 1
        try:
            yield
        except (PageError, StepError, OSError, TimeoutError, KeyError, ValueError) as why:
            raise StepError(f"step {number} ({sentence}): {why}") from why
        took = time.monotonic() - began
        self.done.append((sentence, took))
        self.say(f"  {number:3d}  {sentence}  ({took:.1f} s)")

    async def until(
        self, holds: Callable[[], Awaitable[bool]], what: str, *, seconds: float = 30.0
    ) -> None:
        """Ask again and again until `holds`; raise StepError when it takes too long."""
        deadline = time.monotonic() + seconds
        while not await holds():
            if time.monotonic() > deadline:
                raise StepError(f"waited {seconds:.0f} s in vain for: {what}")
            await asyncio.sleep(POLL_SECONDS)

    async def until_page(
        self, username: str, path: str, words: str, *, seconds: float = 30.0
    ) -> None:
        """Reload a page until it says `words`."""
        browser = await self.as_(username) if username else await self.visitor()

        async def says() -> bool:
            return words in (await browser.get(path)).said

        await self.until(says, f"{path} to say {words}", seconds=seconds)

    def write(self, name: str, content: str | bytes) -> Path:
        """Leave a result in the journey's folder."""
        place = self.out / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content.encode() if isinstance(content, str) else content)
        return place

    async def close(self) -> None:
        """Close all browsers."""
        for browser in self._browsers.values():
            await browser.close()


Step = Callable[[Journey], Awaitable[None]]


async def run_journey(journey: Journey, steps: Sequence[Step]) -> None:
    """Walk the whole road; raise StepError at the first step that fails."""
    began = time.monotonic()
    journey.out.mkdir(parents=True, exist_ok=True)
    try:
        for step in steps:
            await step(journey)
        summary = {"amounts_fen": journey.amounts, "steps": [name for name, _ in journey.done]}
        journey.write("summary.json", json.dumps(summary, ensure_ascii=False, indent=1) + "\n")
    finally:
        await journey.close()
    took = time.monotonic() - began
    journey.say(f"journey ok: {len(journey.done)} steps, {took:.0f} s")
