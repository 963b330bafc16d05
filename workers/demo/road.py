"""The road of the journey: its steps in the order in which an asset meets them."""

from workers.demo.journey import Step

ROAD: tuple[Step, ...] = ()
"""Each area's steps stand in workers/demo/steps/<area>.py; their order is decided here."""
