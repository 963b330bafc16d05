import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bidding import sealing

ALICE = bytes(range(32))
BOB = bytes(range(1, 33))
ONCE = bytes(range(2, 34))
SALT = bytes(16)


class TestABox:
    @given(plain=st.binary(max_size=64), about=st.binary(max_size=64))
    @settings(max_examples=25, deadline=None)
    def test_opens_for_its_holder_only(self, plain: bytes, about: bytes) -> None:
        box = sealing.seal(sealing.public_key_of(ALICE), plain, about=about, ephemeral=ONCE)
        assert sealing.unseal(ALICE, box, about=about) == plain
        with pytest.raises(sealing.SealBroken):
            sealing.unseal(BOB, box, about=about)

    def test_does_not_open_when_moved_to_another_row(self) -> None:
        here = sealing.about_registration("listing", "ABCD2345")
        there = sealing.about_registration("listing", "ABCD2346")
        box = sealing.seal(sealing.public_key_of(ALICE), b"who", about=here, ephemeral=ONCE)
        with pytest.raises(sealing.SealBroken):
            sealing.unseal(ALICE, box, about=there)

    def test_of_a_code_and_of_a_registration_are_about_different_things(self) -> None:
        code = sealing.about_code("listing", "ABCD2345")
        assert code == b"code\nlisting\nABCD2345"
        assert code != sealing.about_registration("listing", "ABCD2345")

    @pytest.mark.parametrize("at", [0, 31, 32, 40, -1])
    def test_does_not_open_when_one_bit_was_turned(self, at: int) -> None:
        box = sealing.seal(sealing.public_key_of(ALICE), b"who", about=b"", ephemeral=ONCE)
        spoilt = bytearray(box)
        spoilt[at] ^= 1
        with pytest.raises(sealing.SealBroken):
            sealing.unseal(ALICE, bytes(spoilt), about=b"")

    def test_that_is_cut_short_does_not_open(self) -> None:
        for length in (0, 31, 32, 47):
            with pytest.raises(sealing.SealBroken):
                sealing.unseal(ALICE, bytes(length), about=b"")


class TestAPasswordKey:
    def test_is_the_same_for_the_same_password_and_salt(self) -> None:
        assert sealing.private_key_of("参拍密码1", SALT) == sealing.private_key_of(
            "参拍密码1", SALT
        )

    @pytest.mark.usefixtures("full_hashes")
    def test_is_for_ever_what_it_was(self) -> None:
        known = "ba7020967ca88fc462a17b4e547958054d74b3f11b1d5759d37402286649b707"
        assert sealing.private_key_of("龘 open sesame", bytes(range(16))).hex() == known

    def test_differs_by_password_and_by_salt(self) -> None:
        key = sealing.private_key_of("参拍密码1", SALT)
        assert key != sealing.private_key_of("参拍密码2", SALT)
        assert key != sealing.private_key_of("参拍密码1", bytes(15) + b"\x01")

    def test_takes_composed_and_decomposed_letters_for_the_same(self) -> None:
        assert sealing.private_key_of("caf\u00e9", SALT) == sealing.private_key_of(
            "cafe\u0301", SALT
        )


class TestACode:
    def test_is_eight_letters_that_can_be_read_aloud(self) -> None:
        assert sealing.code_of(bytes(range(8))) == "01234567"
        assert sealing.code_of(bytes([255] * 8)) == "ZZZZZZZZ"
        assert not set("ILOU") & set(sealing.CODE_ALPHABET)

    def test_needs_eight_bytes_of_chance(self) -> None:
        with pytest.raises(ValueError, match="8 random bytes"):
            sealing.code_of(b"short")
