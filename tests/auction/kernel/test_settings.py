from pathlib import Path

import pytest

from auction.kernel.settings import SUBJECT_KEYS_FILE, SettingsError, read_settings

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
        ({"LIVE_MESSAGES_A_SECOND": "0"}, "LIVE_MESSAGES_A_SECOND must be a whole number from 1"),
        (
            {"LIVE_MESSAGES_A_SECOND_BY_ADDRESS": "-1"},
            "LIVE_MESSAGES_A_SECOND_BY_ADDRESS must be a whole number from 1",
        ),
        ({"PROXY_ADDRESSES": "10.0.0.1, nginx"}, "PROXY_ADDRESSES: nginx is no address"),
    ],
)
def test_a_wrong_setting_is_named_in_one_sentence(change: dict[str, str], sentence: str) -> None:
    with pytest.raises(SettingsError) as refused:
        read_settings({**GOOD, **change})
    assert str(refused.value).startswith(sentence)


@pytest.mark.parametrize("port", ["0", "65536", "-1"])
@pytest.mark.parametrize("name", ["WEB_PORT", "LIVE_PORT"])
def test_a_port_outside_its_range_is_named(name: str, port: str) -> None:
    with pytest.raises(SettingsError, match=f"{name} must be a whole number from 1 to 65535"):
        read_settings({**GOOD, name: port})


def test_an_empty_folder_is_named() -> None:
    with pytest.raises(SettingsError, match="LUOCHUI_STATE is wrong: a folder's name is needed"):
        read_settings({**GOOD, "LUOCHUI_STATE": ""})


def test_proxies_are_named_by_commas() -> None:
    named = read_settings({**GOOD, "PROXY_ADDRESSES": "10.0.0.1, ::1,"})
    assert named.proxies == {"10.0.0.1", "::1"}
    assert read_settings(GOOD).proxies == frozenset()


def test_everything_of_a_machine_lies_in_its_state_folder() -> None:
    settings = read_settings({**GOOD, "LUOCHUI_STATE": "/srv/luochui"})
    assert settings.keys_path == Path("/srv/luochui/keys")
    assert settings.signer_socket == Path("/srv/luochui/run/signer.sock")
    assert settings.factor_key_path == Path("/srv/luochui/factor.key")
    assert settings.mail_path == Path("/srv/luochui/mail")
    assert settings.subject_keys_path == Path("/srv/luochui") / SUBJECT_KEYS_FILE


def test_the_environment_of_the_process_is_read_unless_another_is_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in {**GOOD, "WEB_ORIGIN": "https://court.example"}.items():
        monkeypatch.setenv(name, value)
    assert read_settings().is_secure


@pytest.mark.parametrize("missing", list(GOOD))
def test_a_missing_setting_is_named(missing: str) -> None:
    environment = {name: value for name, value in GOOD.items() if name != missing}
    with pytest.raises(SettingsError, match=f"{missing} is not set"):
        read_settings(environment)
