"""`luochui draw verify FILE`: hold a published draw again from its transcript."""

import sys
from pathlib import Path

import click

from valuation.verifying import is_good, verify


@click.group()
def draw() -> None:
    """Check draws of appraisal agencies."""


@draw.command("verify")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def draw_verify(file: Path) -> None:
    """Hold a published draw again from its transcript and compare; status 1 when it is not so."""
    findings = verify(file.read_bytes())
    for finding in findings:
        click.echo(f"{'✓' if finding.holds else '✗'} {finding.check.value}")
        if finding.detail:
            click.echo(f"    {finding.detail}")
    if not is_good(findings):
        click.echo("摇号记录不成立。 This transcript does not stand.")
        sys.exit(1)
    click.echo("摇号记录成立。 This transcript stands.")
