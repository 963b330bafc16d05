"""`luochui receipt verify`: check a bidder's receipt with nothing but the public key."""

import sys
from pathlib import Path

import click

from auction.kernel.clock import BEIJING
from auction.kernel.money import Money
from bidding.hall.receipt import KEY_BYTES, Proven, proven, verify


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
    """Say whether the bid, its place and the signature hold together, and which bid it is."""
    public_key = None if key is None else read_key(key)
    document = file.read_bytes()
    faults = verify(document, public_key=public_key)
    for sentence in faults:
        click.echo(sentence, err=True)
    if faults:
        sys.exit(1)
    for line in _lines(proven(document)):
        click.echo(line)
    click.echo(
        "receipt ok: signed by the key given"
        if public_key
        else "receipt whole, but nobody's yet: whose signature it is was not checked; give --key"
        " (the page /hall/keys)"
    )


def _lines(told: Proven) -> list[str]:
    """What the receipt proves of its bid, as its bidder speaks of it."""
    lines = [
        f"session     {told.session_id}",
        f"seq         {told.seq}",
        f"bid id      {told.bid_id or 'none'}",
        f"code        {told.code}",
        f"amount      {Money(told.amount_fen)} yuan",
        f"verdict     {told.verdict}",
    ]
    if told.entered_at is not None:
        entered = told.entered_at.astimezone(BEIJING).replace(tzinfo=None)
        lines.append(f"entered at  {entered.isoformat(' ', 'microseconds')} Beijing time")
    return lines


def read_key(text: str) -> bytes:
    """The public key as it is typed; anything but 64 hex digits is called what it is."""
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise click.ClickException(f"--key must be {2 * KEY_BYTES} hex digits")
    return key
