"""`luochui receipt verify`: check a bidder's receipt with nothing but the public key."""

import sys
from pathlib import Path

import click

from bidding.hall.receipt import KEY_BYTES, verify


@click.group()
def receipt() -> None:
    """Check what a bidder was given for a bid."""


@receipt.command("verify")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--key",
    help="The platform's public key, 64 hex digits: the page /hall/keys, or /hall/keys.json.",
)
def verify_file(file: Path, key: str | None) -> None:
    """Say whether the bid, its place and the signature hold together."""
    public_key = None if key is None else read_key(key)
    faults = verify(file.read_bytes(), public_key=public_key)
    for sentence in faults:
        click.echo(sentence, err=True)
    if faults:
        sys.exit(1)
    click.echo("receipt ok" if public_key else "receipt whole; give --key to know whose it is")


def read_key(text: str) -> bytes:
    """The public key as it is typed; anything but 64 hex digits is called what it is."""
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise click.ClickException(f"--key must be {2 * KEY_BYTES} hex digits")
    return key
