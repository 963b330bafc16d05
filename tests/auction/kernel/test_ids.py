from datetime import timedelta
from functools import reduce
from operator import or_

from auction.kernel.ids import new_id, new_ids
from tests.conftest import NOON


def test_ids_are_version_seven_and_never_the_same() -> None:
    made = {new_id(NOON) for _ in range(500)} | set(new_ids(NOON, 500))
    assert len(made) == 1000
    assert {one.int >> 80 for one in made} == {int(NOON.timestamp() * 1000)}
    assert {(one.version, one.variant) for one in made} == {(7, "specified in RFC 4122")}


def test_chance_reaches_every_bit_that_is_its_own() -> None:
    made = [one.int for one in new_ids(NOON, 200)]
    differ = reduce(or_, (one ^ made[0] for one in made))
    assert differ.bit_count() == 74


def test_ids_sort_by_the_time_they_were_made() -> None:
    moments = [NOON + timedelta(milliseconds=step) for step in range(50)]
    made = [new_id(moment) for moment in moments]
    assert made == sorted(made)
