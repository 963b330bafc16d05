from datetime import timedelta

from auction.kernel.ids import new_id
from tests.conftest import NOON


def test_ids_are_version_seven_and_never_the_same() -> None:
    made = {new_id(NOON) for _ in range(1000)}
    assert len(made) == 1000
    assert {(one.version, one.variant) for one in made} == {(7, "specified in RFC 4122")}


def test_ids_sort_by_the_time_they_were_made() -> None:
    moments = [NOON + timedelta(milliseconds=step) for step in range(50)]
    made = [new_id(moment) for moment in moments]
    assert made == sorted(made)
