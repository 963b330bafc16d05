from pathlib import Path

import pytest

from auction.kernel.settings import SettingsError, read_settings

GOOD = {"DATABASE_URL": "postgresql://u:p@h:1/d", "VALKEY_URL": "redis://h:1/0"}


def test_what_is_not_said_has_its_default() -> None:
    settings = read_settings(GOOD)
    assert (settings.web_port, settings.is_secure) == (8000, False)
    assert settings.async_database_url == "postgresql+asyncpg://u:p@h:1/d"


def test_the_state_folder_is_read_as_a_path() -> None:
    assert read_settings({**GOOD, "LUOCHUI_STATE": "/srv/luochui"}).files_path == Path(
        "/srv/luochui/files"
    )


def test_files_lie_in_the_state_folder_unless_a_url_is_set() -> None:
    assert read_settings(GOOD).files_place == Path("var/files")
    assert read_settings({**GOOD, "FILES_URL": "s3://b/p"}).files_place == "s3://b/p"


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"WEB_PORT": "many"}, "WEB_PORT is wrong"),
        ({"DATABASE_URL": "mysql://x"}, "DATABASE_URL must start with postgresql://"),
        ({"VALKEY_URL": "http://x"}, "VALKEY_URL must start with redis://"),
        ({"WEB_ORIGIN": "luochui.example"}, "WEB_ORIGIN must start with http://"),
        ({"MIGRATION_DATABASE_URL": "sqlite://x"}, "MIGRATION_DATABASE_URL must start with"),
        ({"FILES_URL": "ftp://x"}, "FILES_URL must start with s3://"),
    ],
)
def test_a_wrong_setting_is_named_in_one_sentence(change: dict[str, str], sentence: str) -> None:
    with pytest.raises(SettingsError) as refused:
        read_settings({**GOOD, **change})
    assert str(refused.value).startswith(sentence)


@pytest.mark.parametrize("missing", list(GOOD))
def test_a_missing_setting_is_named(missing: str) -> None:
    environment = {name: value for name, value in GOOD.items() if name != missing}
    with pytest.raises(SettingsError, match=f"{missing} is not set"):
        read_settings(environment)
