"""Where a stack lives: wrong settings are named, chosen ports are honoured."""

import pytest

from auction.kernel.settings import SettingsError
from workers.embedded.place import any_ports, preferred_ports
from workers.embedded.postgres import ServerError


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("DATABASE_URL", "mysql://x", "DATABASE_URL must start with postgresql://"),
        ("MIGRATION_DATABASE_URL", "mysql://x", "MIGRATION_DATABASE_URL must start with"),
        ("VALKEY_URL", "foo", "VALKEY_URL must start with redis://"),
        ("WEB_PORT", "abc", "WEB_PORT is wrong"),
        ("WEB_PORT", "99999", "WEB_PORT must be a whole number from 1 to 65535"),
        ("LIVE_PORT", "0", "LIVE_PORT must be a whole number from 1 to 65535"),
        ("LIVE_MESSAGES_A_SECOND", "many", "LIVE_MESSAGES_A_SECOND is wrong"),
    ],
)
def test_a_wrong_setting_is_one_sentence_before_anything_starts(
    name: str, value: str, words: str
) -> None:
    with pytest.raises(SettingsError, match=words):
        preferred_ports({name: value})


def test_the_ports_that_were_asked_for_are_taken() -> None:
    wanted = any_ports()
    asked = {"WEB_PORT": str(wanted.web), "LIVE_PORT": str(wanted.live)}
    assert preferred_ports(asked) == wanted
    with pytest.raises(ServerError, match="choose two ports"):
        preferred_ports({**asked, "LIVE_PORT": str(wanted.web)})
