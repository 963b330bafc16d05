"""`luochui receipt verify`: check a bidder's receipt with nothing but the public key."""

import sys
from pathlib import Path

import click

from bidding.hall.receipt import verify


@click.group()
def receipt() -> None:
    """Check what a bidder was given for a bid."""


@receipt.command("verify")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--key",
    default="",
    help="The platform's public key, 64 hex digits: the page /hall/keys, or /hall/keys.json.",
)
def verify_file(file: Path, key: str) -> None:
    """Say whether the bid, its place and the signature hold together."""
    try:
        public_key = bytes.fromhex(key) if key else None
    except ValueError as wrong:
        raise click.ClickException("--key must be 64 hex digits") from wrong
    faults = verify(file.read_bytes(), public_key=public_key)
    for sentence in faults:
        click.echo(sentence, err=True)
    if faults:
        sys.exit(1)
    click.echo("receipt ok" if public_key else "receipt whole; give --key to know whose it is")
