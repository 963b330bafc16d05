"""The stack: keeps its data, leaves nothing behind, refuses what is not its own."""

import asyncio
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from auction.law.rulebook import DEMONSTRATION, LAW
from tests.conftest import Server
from workers.embedded.leash import is_alive
from workers.embedded.place import any_ports
from workers.embedded.postgres import ServerError
from workers.stack import Plan, Stack, environment_of, settings_of_running

REPOSITORY = Path(__file__).resolve().parents[2]
SECONDS_MAX = 30.0
PARENT = """
import sys, time
from pathlib import Path
from auction.law.rulebook import DEMONSTRATION
from workers.embedded.place import any_ports
from workers.stack import Plan, Stack
stack = Stack(Plan(state=Path(sys.argv[1]), rulebook=DEMONSTRATION, ports=any_ports(),
                   environment={}, programs=frozenset({"worker"})), lambda line: None)
with stack:
    print("up", *stack.pids(), flush=True)
    time.sleep(600)
"""


def silent(_line: str) -> None:
    """The tests read no progress."""


@pytest.fixture
def state() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="luochui-stack-", dir="/var/tmp"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


def plan(state: Path, *programs: str) -> Plan:
    return Plan(
        state=state,
        rulebook=DEMONSTRATION,
        ports=any_ports(),
        environment={},
        programs=frozenset(programs),
    )


def given_plan(state: Path, given: dict[str, str]) -> Plan:
    return Plan(
        state=state, rulebook=LAW, ports=any_ports(), environment=given, programs=frozenset()
    )


async def fetch(url: str, statement: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


class TestStack:
    def test_a_second_start_keeps_the_data_and_is_quick(self, state: Path) -> None:
        first = Stack(plan(state), silent)
        with first as settings:
            made_at = _run(settings.migration_database_url, "SELECT made_at FROM platform")
        began = time.monotonic()
        with Stack(plan(state), silent) as settings:
            assert time.monotonic() - began < 10
            again = _run(settings.migration_database_url, "SELECT made_at FROM platform")
        assert made_at == again

    def test_serving_processes_are_not_the_owner_of_the_tables(self, state: Path) -> None:
        with Stack(plan(state), silent) as settings:
            assert _run(settings.database_url, "SELECT current_user::text") == "luochui_app"
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                _run(settings.database_url, "DELETE FROM journal")

    def test_only_the_owner_of_the_folder_reads_what_is_secret(self, state: Path) -> None:
        with Stack(plan(state), silent):
            assert stat.S_IMODE((state / "run" / "settings.json").stat().st_mode) == 0o600
            assert stat.S_IMODE((state / "run").stat().st_mode) == 0o700
            assert settings_of_running(state)["DATABASE_URL"].startswith("postgresql://")
        assert settings_of_running(state) == {}

    def test_a_second_stack_on_the_same_folder_is_refused(self, state: Path) -> None:
        with (
            Stack(plan(state), silent),
            pytest.raises(ServerError, match="already running"),
            Stack(plan(state), silent),
        ):
            pytest.fail("two stacks on one folder")

    @pytest.mark.skipif(os.geteuid() != 0, reason="another user is needed only as root")
    def test_a_folder_that_the_server_cannot_reach_is_named(self, state: Path) -> None:
        state.chmod(0o700)
        with (
            pytest.raises(ServerError, match="LUOCHUI_STATE"),
            Stack(plan(state / "inside"), silent),
        ):
            pytest.fail("PostgreSQL reached a closed folder")

    def test_two_stacks_stand_beside_each_other(self, state: Path) -> None:
        with Stack(plan(state / "a"), silent) as one, Stack(plan(state / "b"), silent) as two:
            assert environment_of(one)["DATABASE_URL"] != environment_of(two)["DATABASE_URL"]

    def test_a_database_of_another_rulebook_is_refused(self, state: Path) -> None:
        with Stack(plan(state), silent):
            pass
        other = Plan(state=state, rulebook=LAW, ports=any_ports(), environment={})
        with pytest.raises(ServerError, match="rulebook"), Stack(other, silent):
            pytest.fail("a demonstration's database was taken for a court's")

    def test_servers_of_somebody_else_are_used_and_none_is_started(
        self, state: Path, server: Server, valkey_url: str
    ) -> None:
        given = {
            "DATABASE_URL": server.app_url,
            "MIGRATION_DATABASE_URL": server.owner_url,
            "SEALER_DATABASE_URL": server.sealer_url,
            "VALKEY_URL": valkey_url,
        }
        stack = Stack(given_plan(state, given), silent)
        with stack as settings:
            assert stack.pids() == []
            assert settings.database_url == server.app_url
        assert _run(server.app_url, "SELECT 1") == 1

    @pytest.mark.parametrize(
        ("missing", "given"),
        [
            ("MIGRATION_DATABASE_URL", {}),
            ("SEALER_DATABASE_URL", {"MIGRATION_DATABASE_URL": "postgresql://owner@127.0.0.1/l"}),
        ],
    )
    def test_a_database_without_its_other_roles_is_refused(
        self, state: Path, missing: str, given: dict[str, str]
    ) -> None:
        half = {"DATABASE_URL": "postgresql://app@127.0.0.1/luochui"} | given
        with pytest.raises(ServerError, match=missing), Stack(given_plan(state, half), silent):
            pytest.fail("a stack without one of its roles")

    def test_a_process_that_dies_is_started_again(self, state: Path) -> None:
        lines: list[str] = []
        stack = Stack(plan(state, "worker"), lines.append)
        told = threading.Event()
        with stack:
            watcher = threading.Thread(target=stack.watch, args=(told,))
            watcher.start()
            (worker,) = stack.pids()[-1:]
            os.kill(worker, signal.SIGKILL)
            deadline = time.monotonic() + SECONDS_MAX
            while stack.pids()[-1] == worker and time.monotonic() < deadline:
                time.sleep(0.05)
            assert stack.pids()[-1] != worker
            told.set()
            watcher.join()
        assert any("started again" in line for line in lines)

    def test_a_killed_postgres_is_started_again_where_it_was_and_keeps_its_data(
        self, state: Path
    ) -> None:
        stack = Stack(plan(state), silent)
        told = threading.Event()
        with stack as settings:
            watcher = threading.Thread(target=stack.watch, args=(told,))
            watcher.start()
            url = settings.migration_database_url
            made_at = _run(url, "SELECT made_at FROM platform")
            os.kill(stack.pids()[0], signal.SIGKILL)
            assert _when_it_answers(url, "SELECT made_at FROM platform") == made_at
            told.set()
            watcher.join()

    def test_a_killed_stack_leaves_no_process_and_loses_nothing(self, state: Path) -> None:
        with subprocess.Popen(
            [sys.executable, "-c", PARENT, str(state)],
            stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
        ) as parent:
            assert parent.stdout is not None
            up, *numbers = parent.stdout.readline().split()
            assert up == b"up"
            told = json.loads((state / "run" / "settings.json").read_text())
            _run(told["MIGRATION_DATABASE_URL"], "CREATE TABLE kept AS SELECT 1 AS n")
            parent.kill()
        deadline = time.monotonic() + SECONDS_MAX
        pids = [int(number) for number in numbers]
        while any(map(is_alive, pids)) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not any(map(is_alive, pids))
        with Stack(plan(state), silent) as settings:
            assert _run(settings.migration_database_url, "SELECT n FROM kept") == 1


def _when_it_answers(url: str, statement: str) -> object:
    """The answer as soon as a server gives one."""
    deadline = time.monotonic() + SECONDS_MAX
    while True:
        try:
            return _run(url, statement)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def _run(url: str, statement: str) -> object:
    """Ask by a loop of its own, as the stack itself does."""
    return asyncio.run(fetch(url, statement))
