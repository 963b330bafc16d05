"""The search line in short: it finds what it asks for, and both ways of asking are timed."""

from workers.bench.crowd import THINGS, WORDS, title_of
from workers.bench.searching import search_milliseconds


def test_a_small_crowd_is_searched_both_ways() -> None:
    figure = search_milliseconds(lots=2_000, rounds=2)
    assert figure.value > 0
    assert figure.baseline > 0


def test_every_word_asked_for_stands_in_some_title() -> None:
    titles = {title_of(number) for number in range(2_000)}
    for word in WORDS:
        assert any(word in title for title in titles), word
    assert len(titles) == 2_000
    assert all(any(title.endswith(thing) for thing in THINGS) for title in titles)
