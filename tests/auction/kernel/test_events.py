from dataclasses import FrozenInstanceError, dataclass
from typing import ClassVar

import pytest

from auction.kernel.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class GavelFell(Event):
    name: ClassVar[str] = "gavel.fell"
    version: ClassVar[int] = 2
    session_id: str
    price_fen: int


def test_an_event_says_its_name_its_version_and_its_fields() -> None:
    assert GavelFell(session_id="s1", price_fen=100).payload() == {
        "name": "gavel.fell",
        "v": 2,
        "session_id": "s1",
        "price_fen": 100,
    }


def test_what_names_no_channel_goes_to_the_common_one() -> None:
    assert GavelFell(session_id="s1", price_fen=100).channel() == "luochui"


def test_a_fact_does_not_change() -> None:
    fell = GavelFell(session_id="s1", price_fen=100)
    with pytest.raises(FrozenInstanceError):
        fell.price_fen = 200
