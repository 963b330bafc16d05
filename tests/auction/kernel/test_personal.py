"""Sealed fields open in their own place only; masks hide; blind indexes tell equality alone."""

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from auction.kernel.personal import (
    FORM,
    NONCE_BYTES,
    Place,
    SealBrokenError,
    blind_index,
    keyed_digest,
    mask_account,
    mask_contact,
    mask_mail,
    mask_number,
    new_key,
    plain,
    seal,
    unseal,
    unwrap,
    wrap,
)

HERE = Place("person", "name", UUID(int=1), UUID(int=2))
ELSEWHERE = {
    "another table": replace(HERE, table="parties"),
    "another column": replace(HERE, column="identity_number"),
    "another row": replace(HERE, row_id=UUID(int=3)),
    "another subject": replace(HERE, key_id=UUID(int=4)),
}
KEY = new_key()


class TestSealing:
    @given(text=st.text(), row=st.uuids(), subject=st.uuids())
    def test_what_is_sealed_opens_in_its_place(self, text: str, row: UUID, subject: UUID) -> None:
        place, key = Place("parties", "contact", row, subject), new_key()
        assert unseal(key, seal(key, text, place), place) == text

    def test_no_nonce_comes_twice_in_many_encryptions(self) -> None:
        many = 100_000
        nonces = {seal(KEY, "甄有章", HERE)[1 : 1 + NONCE_BYTES] for _ in range(many)}
        assert len(nonces) == many

    @given(text=st.text(max_size=40), at=st.integers(min_value=0), bit=st.integers(0, 7))
    def test_any_flipped_bit_is_refused(self, text: str, at: int, bit: int) -> None:
        sealed = bytearray(seal(KEY, text, HERE))
        sealed[at % len(sealed)] ^= 1 << bit
        with pytest.raises(SealBrokenError):
            unseal(KEY, bytes(sealed), HERE)

    @given(text=st.text(max_size=40), kept=st.integers(min_value=0))
    def test_a_cut_field_is_refused(self, text: str, kept: int) -> None:
        sealed = seal(KEY, text, HERE)
        with pytest.raises(SealBrokenError):
            unseal(KEY, sealed[: kept % len(sealed)], HERE)

    @pytest.mark.parametrize("place", ELSEWHERE.values(), ids=ELSEWHERE)
    def test_a_field_moved_elsewhere_is_refused(self, place: Place) -> None:
        with pytest.raises(SealBrokenError):
            unseal(KEY, seal(KEY, "甄有章", HERE), place)

    def test_another_key_is_refused(self) -> None:
        with pytest.raises(SealBrokenError):
            unseal(new_key(), seal(KEY, "甄有章", HERE), HERE)

    def test_the_text_is_not_in_what_is_sealed(self) -> None:
        sealed = seal(KEY, "甄有章", HERE)
        assert sealed[:1] == FORM
        assert "甄".encode() not in sealed


class TestWrapping:
    def test_a_wrapped_key_opens_for_its_subject_and_its_key_alone(self) -> None:
        kek, key = new_key(), new_key()
        wrapped = wrap(kek, key, subject_id=UUID(int=1), kek_id="k1")
        assert unwrap(kek, wrapped, subject_id=UUID(int=1), kek_id="k1") == key
        for subject, kek_id in ((UUID(int=2), "k1"), (UUID(int=1), "k2")):
            with pytest.raises(SealBrokenError):
                unwrap(kek, wrapped, subject_id=subject, kek_id=kek_id)
        with pytest.raises(SealBrokenError):
            unwrap(new_key(), wrapped, subject_id=UUID(int=1), kek_id="k1")


class TestBlindIndex:
    @given(one=st.text(), other=st.text())
    def test_equal_texts_and_only_they_have_the_same_index(self, one: str, other: str) -> None:
        is_same = blind_index(KEY, "identity", one) == blind_index(KEY, "identity", other)
        assert is_same == (plain(one) == plain(other))

    def test_width_spaces_and_case_do_not_matter(self) -> None:
        assert blind_index(KEY, "name", "杭湾（集团） ａbc") == blind_index(
            KEY, "name", "杭湾(集团)ABC"
        )

    @given(text=st.text(), other=st.text())
    def test_a_keyed_digest_is_of_the_very_text(self, text: str, other: str) -> None:
        digest = keyed_digest(KEY, "notice", text)
        assert (digest == keyed_digest(KEY, "notice", other)) == (text == other)
        assert digest != keyed_digest(new_key(), "notice", text)
        assert len(digest) == 64

    @given(text=st.text())
    def test_indexes_of_two_columns_or_two_keys_cannot_be_joined(self, text: str) -> None:
        index = blind_index(KEY, "identity", text)
        assert len(index) == 16
        assert index != blind_index(KEY, "name", text)
        assert index != blind_index(new_key(), "identity", text)


class TestMasks:
    @pytest.mark.parametrize(
        ("mask", "text", "shown"),
        [
            (mask_number, "330199199001011234", "330***********1234"),
            (mask_number, "330", "***"),
            (mask_account, "6222020000001234", "****1234"),
            (mask_account, "1234", "****"),
            (mask_account, "", ""),
            (mask_mail, "zhen@example.org", "z***@example.org"),
            (mask_contact, "13800001234", "138****1234"),
            (mask_contact, "138 0000 1234", "138****1234"),
            (mask_contact, "zhen@example.org", "z***@example.org"),
            (mask_contact, "杭湾市潮声路8号", "杭*******"),
            (mask_contact, "", ""),
        ],
    )
    def test_hides_all_but_what_tells_them_apart(
        self, mask: Callable[[str], str], text: str, shown: str
    ) -> None:
        assert mask(text) == shown

    @given(text=st.text(alphabet="0123456789X", min_size=8, max_size=32))
    def test_an_identity_number_cannot_be_read_off_its_mask(self, text: str) -> None:
        assume(set(text[3:-4]) - {"*"})
        shown = mask_number(text)
        assert len(shown) == len(text)
        assert set(shown[3:-4]) == {"*"}
