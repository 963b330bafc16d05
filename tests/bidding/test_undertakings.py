"""What one signs up with: the same for every lot, and what the notice of this one asks."""

from auction.law.warnings import CONDITIONS, SPECIAL_WARNINGS
from bidding.undertakings import UNDERTAKINGS, texts_of, undertakings_of


class TestTheTexts:
    def test_are_warnings_and_promises_where_the_notice_asks_nothing(self) -> None:
        assert texts_of(()) == (*SPECIAL_WARNINGS, *UNDERTAKINGS)

    def test_add_exactly_the_conditions_that_were_published(self) -> None:
        asked = CONDITIONS[1]
        assert undertakings_of([asked.key]) == (*UNDERTAKINGS, asked)
        assert texts_of([one.key for one in CONDITIONS])[-len(CONDITIONS) :] == CONDITIONS

    def test_have_keys_of_their_own(self) -> None:
        keys = [text.key for text in texts_of({one.key for one in CONDITIONS})]
        assert len(keys) == len(set(keys))
