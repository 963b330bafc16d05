"""A worker killed again and again in the middle of its jobs; minutes of waiting for leases."""

import pytest

from tests.journeys import troubles
from tests.journeys.conftest import Ends, ended
from tests.journeys.test_trouble import BALANCED, PAPERS

pytestmark = [pytest.mark.journey, pytest.mark.long]

WALKS = (troubles.the_worker_dies,)


def test_each_of_its_jobs_has_one_effect(ends: Ends) -> None:
    j = ended(ends, troubles.the_worker_dies)
    assert j.facts["doubled"] == {}
    assert j.facts["papers"] == dict.fromkeys(troubles.ISSUED, PAPERS)
    assert j.facts["ordered_twice"] == 0
    for words in BALANCED:
        assert words in j.text("books")
