"""The checks on the command line: they run as the serving role and say what they found."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from auction.kernel.actor import SYSTEM
from auction.kernel.settings import Settings
from auction.store.database import Database
from tests.conftest import Execute
from workers.stack import environment_of
from workers.terminal.checking import check_groups

REPOSITORY = Path(__file__).resolve().parents[3]


async def luochui(settings: Settings, *arguments: str) -> tuple[int, str]:
    """Run the command as an operator would, in a process of its own."""

    def run() -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-m", "workers.cli", *arguments],
            cwd=REPOSITORY,
            env=environment_of(settings),
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    return await asyncio.to_thread(run)


async def asked(settings: Settings, *arguments: str) -> Result:
    """Run a check where it stands, in a thread: it has an event loop of its own."""
    journal, ledger = check_groups(lambda: settings)
    group = journal if arguments[0] == "journal" else ledger
    return await asyncio.to_thread(CliRunner().invoke, group, arguments[1:])


async def test_a_sound_journal_is_called_sound(settings: Settings, database: Database) -> None:
    async with database.unit(SYSTEM) as work:
        work.record("lot.seen", "lot:a")
    ran = await asked(settings, "journal", "verify")
    assert ran.exit_code == 0, ran.output
    assert "1 streams, 1 entries, every chain holds" in ran.output


async def test_a_broken_journal_is_status_1(
    settings: Settings, database: Database, as_owner: Execute
) -> None:
    async with database.unit(SYSTEM) as work:
        work.record("lot.seen", "lot:a")
    await as_owner("UPDATE journal SET kind = 'lot.unseen'")
    ran = await asked(settings, "journal", "verify")
    assert ran.exit_code == 1
    assert "lot:a entry 1" in ran.output
    assert "1 faults" in ran.output


@pytest.mark.parametrize("kind", ["hledger", "beancount"])
async def test_the_ledger_is_written(
    settings: Settings, database: Database, tmp_path: Path, kind: str
) -> None:
    assert database
    out = tmp_path / "ledger"
    ran = await asked(settings, "ledger", "export", "--format", kind, "--out", str(out))
    assert (ran.exit_code, ran.output) == (0, f"ledger: written to {out}\n")
    assert "Luochui ledger" in out.read_text()


async def test_a_check_runs_as_an_operator_would_run_it(
    settings: Settings, database: Database
) -> None:
    assert database
    status, said = await luochui(settings, "journal", "verify")
    assert status == 0, said
    assert "every chain holds" in said


async def test_a_wrong_setting_is_one_sentence(settings: Settings) -> None:
    broken = environment_of(settings) | {"DATABASE_URL": "mysql://nowhere"}
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "workers.cli", "journal", "verify"],
        cwd=REPOSITORY, env=broken, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.strip() == "luochui: DATABASE_URL must start with postgresql://."
