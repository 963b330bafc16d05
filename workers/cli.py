"""The operator's one command, `luochui`: serve, work, migrate, demo, journey, and the checks."""

import os
import sys
from pathlib import Path

import asyncpg
import click

from auction.kernel.refusal import Refusal
from auction.kernel.settings import SUBJECT_KEYS_FILE, Settings, SettingsError, read_settings
from auction.law.rulebook import BY_NAME, LAW
from auction.store.database import OwnerError
from auction.store.personal.keyring import KeyringError
from workers.bench.table import bench
from workers.embedded.place import default_state
from workers.embedded.postgres import ServerError
from workers.migrations.upgrade import upgrade
from workers.stack import settings_of_running
from workers.terminal.checking import check_groups
from workers.terminal.drawing import draw
from workers.terminal.importing import import_group
from workers.terminal.keys import keys_group
from workers.terminal.receipts import receipt
from workers.terminal.replaying import replay


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def luochui() -> None:
    """Luochui 落槌: from a seized asset to the last fen."""


def settings_here() -> Settings:
    """The settings of this process; without any, those of the stack running on this clone."""
    if "DATABASE_URL" not in os.environ:
        running = settings_of_running(default_state())
        if not running:
            raise click.ClickException(
                "DATABASE_URL is not set and no demo is running here: set it, or `make demo`."
            )
        return read_settings(running)
    return read_settings()


def hand_over(module: str) -> None:
    """Become another program of the product."""
    read_settings()  # a wrong setting is named here, in one sentence
    os.execv(sys.executable, [sys.executable, "-m", module])  # noqa: S606  (no shell wanted)


@luochui.command()
def serve() -> None:
    """Serve the pages."""
    hand_over("web.app")


@luochui.command()
def live() -> None:
    """Serve the live hall."""
    hand_over("web.live.server")


@luochui.command()
def work() -> None:
    """Run the worker."""
    hand_over("workers.main")


@luochui.command()
def sign() -> None:
    """Run the keepers of keys."""
    hand_over("workers.signers.server")


@luochui.command()
@click.option(
    "--rulebook",
    type=click.Choice(sorted(BY_NAME)),
    default=LAW.name,
    show_default=True,
    help="Chosen once, when the database is new.",
)
def migrate(rulebook: str) -> None:
    """Bring the schema up to date, as its owner (MIGRATION_DATABASE_URL)."""
    url = os.environ.get("MIGRATION_DATABASE_URL", "")
    if not url.startswith("postgresql://"):
        raise click.ClickException("MIGRATION_DATABASE_URL must start with postgresql://.")
    state = Path(os.environ.get("LUOCHUI_STATE", "var"))
    upgrade(url, BY_NAME[rulebook], subject_keys=state / SUBJECT_KEYS_FILE)
    click.echo("The schema is up to date.")


@luochui.command()
def demo() -> None:
    """Start everything, walk the road once, keep serving."""
    from workers.demo.show import run_demo  # noqa: PLC0415  (the demo's weight only for the demo)

    run_demo(click.echo)


@luochui.command()
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Keep its papers.")
@click.option(
    "--lots", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A lots file."
)
def journey(out: Path | None, lots: Path | None) -> None:
    """Walk a seized asset's whole life on a fresh database."""
    from workers.demo.show import run_whole_journey  # noqa: PLC0415

    run_whole_journey(out, lots, click.echo)


luochui.add_command(import_group(settings_here))
luochui.add_command(replay)
luochui.add_command(bench)
luochui.add_command(receipt)
luochui.add_command(draw)
luochui.add_command(keys_group(settings_here))
for group in check_groups(settings_here):
    luochui.add_command(group)


def main() -> None:
    """Run a command; an expected failure is one sentence and status 1."""
    from workers.demo.journey import StepError  # noqa: PLC0415

    try:
        status = luochui(prog_name="luochui", standalone_mode=False)
        sys.exit(status if isinstance(status, int) else 0)
    except click.ClickException as wrong:
        wrong.show()
        sys.exit(wrong.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except (ServerError, SettingsError, OwnerError, KeyringError, Refusal, OSError) as wrong:
        sys.exit(f"luochui: {wrong}")
    except asyncpg.PostgresError as wrong:
        sys.exit(f"luochui: PostgreSQL says: {wrong}")
    except StepError as wrong:
        sys.exit(f"journey FAILED at {wrong}")


if __name__ == "__main__":
    main()
