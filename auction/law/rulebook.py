"""Stub."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rulebook:
    """Stub."""

    name: str


LAW = Rulebook("law")
DEMONSTRATION = Rulebook("demonstration")
BY_NAME = {"law": LAW, "demonstration": DEMONSTRATION}
