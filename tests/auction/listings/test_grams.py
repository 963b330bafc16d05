from hypothesis import given
from hypothesis import strategies as st

from auction.listings.grams import folded, grams, sought_grams


def test_a_text_is_kept_by_its_characters_and_pairs() -> None:
    assert grams("车位 a1") == ["车", "位", "车位", "a", "1", "a1"]


def test_width_case_and_spaces_do_not_count() -> None:
    assert folded("  Ａ座　１０１室 ") == "a座 101室"


def test_a_long_word_is_sought_by_its_pairs_and_a_short_one_by_itself() -> None:
    assert sought_grams("地下车位") == ["地下", "下车", "车位"]
    assert sought_grams("位") == ["位"]


@given(st.text(max_size=12), st.text(min_size=1, max_size=6), st.text(max_size=12))
def test_whatever_a_text_holds_is_found_by_its_grams(before: str, word: str, after: str) -> None:
    text = folded(f"{before} {word} {after}")
    for part in folded(word).split():
        if part in text:
            assert set(sought_grams(part)) <= set(grams(text))
