"""Valkey away through a whole auction: bids, payments and closings succeed, and all catches up.

The short form of the dying worker is here too: it is killed once, over the first papers.
`test_killed.py` kills it again and again (`make lives`), and `tests/workers/test_crashes.py`
kills single jobs at every one of their statements.
"""

import pytest

from tests.journeys import troubles
from tests.journeys.conftest import Ends, ended

pytestmark = pytest.mark.journey

WALKS = (troubles.valkey_is_away,)
IN_A_BUCKET = True
"""Its files are kept by an S3 server (FILES_URL), those of the lives in a folder."""
BALANCED = ("全部链条校验通过", "借贷相等，差额 0.00", "账实相符")
PAPERS = 5
"""Of one publication: four parties and the public."""


class TestValkeyAway:
    def test_bids_count_and_extend_and_the_session_closes_by_itself(self, ends: Ends) -> None:
        j = ended(ends, troubles.valkey_is_away)
        assert j.facts["extensions"] == 1
        assert j.facts["late"] == "late"

    def test_what_leaves_the_platform_waits_for_it(self, ends: Ends) -> None:
        j = ended(ends, troubles.valkey_is_away)
        assert int(j.text("waiting")) > 0

    def test_chains_trial_balance_and_bank_agree_when_all_is_done(self, ends: Ends) -> None:
        j = ended(ends, troubles.valkey_is_away)
        for words in BALANCED:
            assert words in j.text("books")

    def test_every_effect_of_the_killed_worker_happened_once(self, ends: Ends) -> None:
        j = ended(ends, troubles.valkey_is_away)
        assert j.facts["doubled"] == {}
        assert j.facts["ordered_twice"] == 0
        papers = j.facts["papers"]
        assert isinstance(papers, dict)
        assert papers["notice.rendered"] == papers["notice.served"] == papers["notice.issued"]
        assert papers["notice.issued"] > PAPERS

    def test_photographs_and_papers_are_in_the_bucket_and_nowhere_else(self, ends: Ends) -> None:
        j = ended(ends, troubles.valkey_is_away)
        named, kept = j.facts["named"], j.facts["kept"]
        assert isinstance(named, set)
        assert isinstance(kept, set)
        assert len(named) > PAPERS
        assert named <= kept
        assert j.facts["has_folder"] is False
