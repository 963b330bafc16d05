import json

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


@given(values)
def test_the_bytes_are_those_of_any_json_writer_told_to_sort_and_not_to_space(
    value: object,
) -> None:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert canon(value) == text.encode()


class Code(str):
    __slots__ = ()


class Count(int):
    pass


class Bag(dict[str, int]):
    pass


def test_control_characters_are_escaped_as_in_rfc_8785() -> None:
    every = "".join(map(chr, range(0x80)))
    assert canon(every) == json.dumps(every, ensure_ascii=False).encode()


def test_texts_and_numbers_of_a_class_of_their_own_are_texts_and_numbers() -> None:
    assert canon([Code("a"), Count(7), True]) == b'["a",7,true]'
    assert canon(Bag(a=1)) == b'{"a":1}'


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
