import pytest

from auction.kernel.refusal import Refusal
from auction.people.credentials import Passwords, new_token, token_digest


@pytest.fixture(scope="module")
def passwords() -> Passwords:
    return Passwords()


class TestPasswords:
    async def test_the_right_one_matches_and_others_do_not(self, passwords: Passwords) -> None:
        stored = await passwords.hash("correct horse battery")
        assert stored.startswith("$argon2id$")
        assert await passwords.matches(stored, "correct horse battery")
        assert not await passwords.matches(stored, "correct horse")
        assert not await passwords.matches(None, "correct horse battery")
        assert not await passwords.matches("no hash at all", "correct horse battery")

    @pytest.mark.usefixtures("full_hashes")
    async def test_cost_what_rfc_9106_asks_for(self) -> None:
        stored = await Passwords().hash("correct horse battery")
        assert "$m=47104,t=2,p=1$" in stored

    @pytest.mark.parametrize(
        ("password", "code"), [("eleven char", "too_short"), ("x" * 201, "too_long")]
    )
    async def test_length_is_limited(self, passwords: Passwords, password: str, code: str) -> None:
        with pytest.raises(Refusal, match=code):
            await passwords.hash(password)


def test_tokens_are_long_and_never_the_same() -> None:
    first, second = new_token(), new_token()
    assert first != second
    assert len(first) >= 43
    assert token_digest(first) != token_digest(second)
