"""`luochui draw verify FILE`: hold a published draw again from its transcript."""

import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import click

from valuation.verifying import Check, is_good, verify

ENGLISH: Mapping[Check, str] = MappingProxyType(
    {
        Check.LAYOUT: "The transcript is laid out as DRAW/1",
        Check.MANIFEST: "The manifest is whole and leaves nothing to choose",
        Check.CONTRIBUTIONS: "Commitments are in order, unique and well-formed",
        Check.REVEALS: "Every revealed number opens its commitment",
        Check.PROOFS: "The VRF proofs of platform and court supervision hold for this draw",
        Check.BEACON: "The public beacon is as the manifest says",
        Check.SEED: "The seed follows from manifest, commitments, numbers and both VRF outputs",
        Check.RESULT: "Drawn again from the seed, the agencies and their order are those published",
    }
)
"""The checks as the English pages say them; a terminal says both."""


@click.group()
def draw() -> None:
    """Check draws of appraisal agencies."""


@draw.command("verify")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def draw_verify(file: Path) -> None:
    """Hold a published draw again from its transcript and compare; status 1 when it is not so."""
    findings = verify(file.read_bytes())
    for finding in findings:
        mark = "✓" if finding.holds else "✗"
        click.echo(f"{mark} {finding.check.value}\n  {ENGLISH[finding.check]}")
        if finding.detail:
            click.echo(f"    {finding.detail}")
    if not is_good(findings):
        click.echo("摇号记录不成立。 This transcript does not stand.")
        sys.exit(1)
    click.echo("摇号记录成立。 This transcript stands.")
