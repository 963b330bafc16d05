"""What every process writes to standard error: JSON lines, and one id from question to effect."""

import json
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import select

from auction.kernel.logs import JsonLines
from auction.kernel.settings import Settings
from auction.people.identity import check_digit
from auction.store.outbox import OutboxRow
from tests.web.browser import Browser, browser_of, serving
from tests.web.live.rooms import free_port
from web.app import build_app
from workers.jobs import run_job
from workers.stack import environment_of
from workers.wiring import Context

REPOSITORY = Path(__file__).resolve().parents[2]
PROGRAMS = {
    "web": "web.app",
    "live": "web.live.server",
    "work": "workers.main",
    "signers": "workers.signers.server",
}
NUMBER = "99010119900307001" + check_digit("99010119900307001")
Line = dict[str, str]


@pytest.fixture
def said() -> Iterator[list[Line]]:
    """Every line that is written while a test runs, as a process would write it."""
    lines: list[Line] = []

    class Kept(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(json.loads(JsonLines("test").format(record)))

    handler, root = Kept(), logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield lines
    root.removeHandler(handler)
    root.setLevel(level)


async def signs_up(browser: Browser) -> None:
    fields = {
        "kind": "natural", "name": "甄有信", "identity_number": NUMBER,
        "username": "canary.name", "password": "correct horse battery", "has_agreed": "on",
    }  # fmt: skip
    answered = await browser.submit("/sign-up", "sign-up", fields)
    assert answered.status_code == 303, answered.text


async def test_one_id_leads_from_the_question_to_the_job_and_what_it_sets_off(
    context: Context, said: list[Line]
) -> None:
    async with serving(build_app(context.settings, context.database)) as transport:
        browser = browser_of(transport)
        await signs_up(browser)
        shown = await browser.submit(
            "/account/mail", "give-mail", {"address": "canary@example.org"}
        )
        assert "step-up" in shown.text or shown.status_code == 303, shown.text
    async with context.database.reading() as session:
        row = (await session.scalars(select(OutboxRow))).one()
    await run_job({"context": context}, str(row.id))
    followed = [line["message"] for line in said if line.get("correlation") == row.correlation]
    assert row.correlation
    assert any(message.startswith("POST /account/mail 303") for message in followed)
    assert any(message == f"job send_letter {row.id} done" for message in followed)
    told = json.dumps(said, ensure_ascii=False)
    for canary in ("甄有信", NUMBER, "canary", "correct horse", "example.org"):
        assert canary not in told


@pytest.mark.parametrize("process", sorted(PROGRAMS))
def test_a_process_writes_nothing_but_json_lines(
    settings: Settings, valkey_url: str, process: str, tmp_path: Path
) -> None:
    given = msgspec.structs.replace(
        settings, valkey_url=valkey_url, web_port=free_port(), live_port=free_port(),
        migration_database_url="", metrics_port=free_port(), luochui_state=tmp_path,
    )  # fmt: skip
    environment = {**os.environ, **environment_of(given), "PYTHONPATH": str(REPOSITORY)}
    running = subprocess.Popen(
        [sys.executable, "-W", "always", "-m", PROGRAMS[process]],
        env=environment,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert running.stderr is not None
    first = running.stderr.readline()
    running.send_signal(signal.SIGTERM)
    printed, rest = running.communicate(timeout=60)
    assert printed == ""
    lines = [json.loads(line) for line in (first + rest).splitlines()]
    assert lines
    for line in lines:
        assert {"at", "level", "process", "logger", "message"} <= set(line)
        assert line["process"] == process
