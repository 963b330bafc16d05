import pytest
from hypothesis import given
from hypothesis import strategies as st

from auction.kernel.canonical import canon, sha256_hex

nfc_text = st.text(st.characters(blacklist_categories=["Cs", "Mn", "Mc"], max_codepoint=0x2FF))
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | nfc_text,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text("abcxyz_", max_size=4), inner, max_size=4)
    ),
    max_leaves=12,
)


def test_keys_are_sorted_and_nothing_is_spaced() -> None:
    assert canon({"b": [1, True, None], "a": "浙"}) == '{"a":"浙","b":[1,true,null]}'.encode()


@given(st.dictionaries(st.text("abcxyz_", max_size=4), values, max_size=5))
def test_the_order_of_making_does_not_matter(value: dict[str, object]) -> None:
    assert canon(dict(reversed(value.items()))) == canon(value)


@pytest.mark.parametrize(
    "value",
    [1.5, 2**53, -(2**53), {"ключ": 1}, {1: 1}, "\ud800", "e\u0301", b"x", [Ellipsis]],
    ids=repr,
)
def test_what_has_no_canonical_form_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r".+"):
        canon(value)


def test_digest_of_nothing_is_the_published_one() -> None:
    # FIPS 180-4, SHA-256 of the empty string
    assert sha256_hex(b"").startswith("e3b0c44298fc1c149afbf4c8996fb924")
