"""Reading the settings file: whole, or with every mistake at once."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from ccm_core.config.secret_reference import SecretReference
from ccm_core.config.settings import PluginSettings, RulesSettings, StoreSettings
from ccm_core.config.settings_reader import load_settings, read_settings
from ccm_core.config.settings_validation import validate
from ccm_core.errors import DocumentError, PluginError, UsageError

TODAY = date(2026, 11, 23)
HEAD = "version: 1\nconnections:\n"
GOOD = """\
  - name: acme-prod
    connector: acme
    auth: {method: api_key, key: "env:ACME_API_KEY"}
"""


def read(text: str, connectors, *, base: Path = Path("/srv/ccm")):
    """Read settings from a text."""
    return validate(read_settings(text.encode(), "ccm.yaml", base=base), connectors, TODAY)


def mistakes(text: str, connectors) -> list[str]:
    """Give what is wrong with settings, as it is printed, without the file's name."""
    with pytest.raises(DocumentError) as caught:
        read(text, connectors)
    lines = str(caught.value).splitlines()
    assert all(line.startswith("ccm.yaml:") for line in lines)
    return [line.removeprefix("ccm.yaml:") for line in lines]


def test_documented_settings_are_read(connectors):
    """Every part of the documented shape comes out frozen, typed and with defaults."""
    settings = read(
        """\
version: 1
store: {url: "sqlite:///evidence/ccm.db", options: {lock_timeout: 5}}
connections:
  - name: acme-prod
    connector: acme
    auth: {method: oauth, client_id: abc, client_secret: "keyring:acme/ccm"}
    settings: {region: eu, lookback: 7d}
    cadences: {acme.service: 15m}
rules: {packs: [readiness, packs/own.yaml], parameters: {ack: 15m}, waivers: waivers.yaml}
plugins: {require: [acme], disable: [old]}
""",
        connectors,
    )

    (connection,) = settings.connections
    assert settings.base == Path("/srv/ccm")
    assert settings.store == StoreSettings(
        url="sqlite:///evidence/ccm.db", options={"lock_timeout": "5"}
    )
    assert settings.rules == RulesSettings(
        packs=("readiness", "packs/own.yaml"),
        parameters={"ack": "15m"},
        waivers=Path("/srv/ccm/waivers.yaml"),
    )
    assert settings.plugins == PluginSettings(require=("acme",), disable=("old",))
    assert (connection.name, connection.connector) == ("acme-prod", "acme")
    assert (connection.auth_method, connection.auth) == (
        "oauth",
        {"client_id": "abc", "scopes": ["read"]},
    )
    assert connection.secrets == {
        "client_secret": SecretReference(scheme="keyring", name="acme/ccm")
    }
    assert connection.settings == {
        "region": "eu",
        "lookback": "7d",
        "lookahead": "14d",
        "paging": {"size": 50},
    }
    assert connection.horizon.lookback == timedelta(days=7)
    assert connection.cadences == {"acme.service": timedelta(minutes=15)}


def test_omitted_settings_have_defaults(connectors):
    """A version and a connection are enough."""
    settings = read(HEAD + GOOD, connectors)

    assert settings.store.url == "sqlite:///ccm.db"
    assert settings.rules == RulesSettings()
    assert settings.plugins == PluginSettings()
    assert settings.connections[0].settings["region"] == "us"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "version: 2\nconections: []\n",
            [
                (
                    '1:1: "connections" is missing: '
                    "the sources to collect from; [] if there are none yet"
                ),
                "1:10: expected 1; got the number 2",
                '2:1: unknown key "conections"; did you mean "connections"?',
            ],
            id="unknown key, missing key, unknown version",
        ),
        pytest.param("", ["1:1: expected a mapping; got nothing"], id="empty file"),
        pytest.param(
            HEAD + GOOD + GOOD,
            ['6:11: a second connection is named "acme-prod"; the first is at line 3, column 11'],
            id="duplicate connection name, both places named",
        ),
        pytest.param(
            HEAD + GOOD + "    auth: {}\n",
            ['6:5: the key "auth" is a duplicate; the first is at line 5, column 5'],
            id="duplicate key, both places named",
        ),
        pytest.param(
            HEAD + GOOD.replace("connector: acme", "connector: acmee"),
            [
                (
                    '4:16: unknown connector "acmee"; did you mean "acme"? '
                    "(`ccm plugins` lists what is installed and what did not load)"
                )
            ],
            id="unknown connector, close",
        ),
        pytest.param(
            HEAD + GOOD.replace("connector: acme", "connector: zulu"),
            [
                (
                    '4:16: unknown connector "zulu"; installed: "acme" '
                    "(`ccm plugins` lists what is installed and what did not load)"
                )
            ],
            id="unknown connector, with what is installed",
        ),
        pytest.param(
            HEAD + GOOD.replace("method: api_key", "method: hunter2"),
            ['5:20: unknown method; acme has: "api_key", "oauth"'],
            id="unknown auth method, not repeated",
        ),
        pytest.param(
            HEAD + GOOD.replace(', key: "env:ACME_API_KEY"', ""),
            [
                (
                    '5:11: "key" is missing: where the secret is stored, '
                    "as env:NAME, file:PATH, keyring:SERVICE/USER or vault:NAME"
                )
            ],
            id="missing secret",
        ),
        pytest.param(
            HEAD + GOOD.replace("method: api_key, key", "method: api_key, token: x, key"),
            ['5:29: unknown key "token"; expected one of "method", "key"'],
            id="unknown auth field",
        ),
        pytest.param(
            HEAD + GOOD.replace('api_key, key: "env:ACME_API_KEY"', "oauth, client_id: a"),
            [
                (
                    '5:11: "client_secret" is missing: where the secret is stored, '
                    "as env:NAME, file:PATH, keyring:SERVICE/USER or vault:NAME"
                ),
                "5:38: expected 3 characters or more; got a string",
            ],
            id="auth fields of another method",
        ),
        pytest.param(
            HEAD + GOOD + "    settings: {region: mars, lookback: 30, paging: {size: 500}}\n",
            [
                '6:24: unknown value "mars"; expected one of "us", "eu"',
                "6:40: expected a duration such as 15m; got the number 30",
                "6:59: expected at most 100; got the number 500",
            ],
            id="settings that the connector refuses",
        ),
        pytest.param(
            HEAD + GOOD + "    settings: {lookback: 400d}\n",
            ["6:15: lookback is longer than a year, and acme keeps a year"],
            id="a horizon that the connector refuses",
        ),
        pytest.param(
            HEAD + GOOD + "    settings: {lookback: -1d}\n",
            ["6:15: lookback and lookahead cannot be negative"],
            id="a negative horizon",
        ),
        pytest.param(
            HEAD + GOOD + "    settings: []\n",
            ["6:15: expected a mapping; got an empty list"],
            id="settings of the wrong type, told once",
        ),
        pytest.param(
            HEAD + GOOD + "    cadences: {acme.servic: 1h, acme.service: 15, beta.x: 1d}\n",
            [
                '6:16: unknown kind "acme.servic"; did you mean "acme.service"?',
                "6:47: expected a duration such as 15m; got the number 15",
                '6:51: unknown kind "beta.x"; acme collects: "acme.service"',
            ],
            id="cadences",
        ),
        pytest.param(
            HEAD + GOOD + "    cadences: {acme.service: soon}\n",
            ['6:30: expected a duration such as 15m; got "soon"'],
            id="a cadence that is no duration, told once",
        ),
        pytest.param(
            HEAD + GOOD + "    cadences: {acme.service: -1h}\n",
            ["6:30: a cadence cannot be negative"],
            id="a negative cadence",
        ),
        pytest.param(
            HEAD + "  - connector: acme\n  - 3\n  - name: a b\n    connector: [acme]\n",
            [
                (
                    '3:5: "auth" is missing: how to authenticate: a method and its fields; '
                    "secrets only as env:NAME, file:PATH, keyring:SERVICE/USER or vault:NAME"
                ),
                (
                    '3:5: "name" is missing: what this connection is called in evidence, '
                    "results and reports"
                ),
                "4:5: expected a mapping; got the number 3",
                (
                    '5:5: "auth" is missing: how to authenticate: a method and its fields; '
                    "secrets only as env:NAME, file:PATH, keyring:SERVICE/USER or vault:NAME"
                ),
                (
                    "5:11: expected a string such as acme-prod "
                    '(it matches ^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$); got "a b"'
                ),
                "6:16: expected a string; got a list of 1",
            ],
            id="connections of no shape",
        ),
        pytest.param(
            "version: 1\nstore: {url: 'postgres://ccm:hunter2@db/ccm'}\nconnections: []\n",
            [
                (
                    "2:14: expected a string such as sqlite:///ccm.db (it matches ^sqlite:///.); "
                    "got a string"
                )
            ],
            id="a store elsewhere, its password not repeated",
        ),
        pytest.param(
            "version: 1\nconnections: []\nplugins: {require: acme}\nrules: {packs: [a, a]}\n",
            [
                '3:20: expected a list; got "acme"',
                "4:16: expected no item twice; got a list of 2",
            ],
            id="plugins and packs",
        ),
    ],
)
def test_every_settings_mistake_has_its_location(text, expected, connectors):
    """What is wrong is told once, at its line and column, and all of it in one go."""
    assert mistakes(text, connectors) == expected


@pytest.mark.parametrize(
    "written",
    [
        pytest.param("auth: {method: api_key, key: u+HUNTER2}", id="in clear"),
        pytest.param("auth: {method: api_key, key: 'env:u+HUNTER2'}", id="behind a scheme"),
        pytest.param("auth: {method: api_key, key: [u+HUNTER2]}", id="in a list"),
        pytest.param("auth: {method: u+HUNTER2}", id="as the method"),
        pytest.param("auth: {method: [u+HUNTER2]}", id="as the method, in a list"),
        pytest.param("auth: u+HUNTER2", id="as all of auth"),
        pytest.param("auth: {method: oauth, client_id: [u+HUNTER2]}", id="as another field"),
        pytest.param("auth: {method: api_key, key: !u+HUNTER2 x}", id="as a tag"),
        pytest.param("auth: {method: api_key, key: *u+HUNTER2}", id="as an alias"),
        pytest.param("auth: {method: api_key, key: %u+HUNTER2}", id="as broken YAML"),
    ],
)
def test_plain_text_secret_is_rejected_and_not_repeated(written, connectors):
    """Wherever a secret was written by mistake, the message does not hold it."""
    text = f"{HEAD}  - name: acme-prod\n    connector: acme\n    {written}\n"

    found = "\n".join(mistakes(text, connectors))

    assert found.startswith("5:")
    assert "HUNTER2" not in found


@pytest.mark.parametrize(
    ("changed", "broken"),
    [
        pytest.param({"settings_schema": lambda: 1 / 0}, "settings_schema", id="raises"),
        pytest.param({"settings_schema": lambda: {"type": "objct"}}, "settings_schema", id="bad"),
        pytest.param({"horizon": lambda settings: settings["nope"]}, "horizon", id="horizon"),
    ],
)
def test_broken_connector_is_named(changed, broken, make_connector):
    """Where it is the plugin that is wrong, the person is not told to fix the settings."""
    with pytest.raises(PluginError, match=f"connector acme: its {broken} cannot be used"):
        read(HEAD + GOOD, {"acme": make_connector(**changed)})


def test_plugin_settings_are_read_before_validation():
    """Which plugins to load is known even while the rest of the file is wrong."""
    draft = read_settings(
        b"plugins: {require: [acme, 3], disable: [old]}\nnonsense: 1\n", "c.yaml", base=Path()
    )

    assert draft.plugins == PluginSettings(require=("acme",), disable=("old",))
    assert len(draft.mistakes) == 4


def test_connection_digest_follows_the_settings_in_force(connectors):
    """Writing a default out changes no digest; changing a value or a reference does."""

    def digest(more: str = "", old: str = "", new: str = "") -> str:
        return read(HEAD + GOOD.replace(old, new) + more, connectors).connections[0].digest

    assert digest("    settings: {region: us}\n") == digest()
    assert digest("    settings: {region: eu}\n") != digest()
    assert digest("    cadences: {acme.service: 1h}\n") != digest()
    assert digest(old="env:ACME_API_KEY", new="env:OTHER") != digest()
    assert digest().startswith("sha256:")


def test_settings_return_a_connection_by_name(connectors):
    """A name that is not there is told with those that are."""
    settings = read(HEAD + GOOD, connectors)

    assert settings.connection("acme-prod") is settings.connections[0]
    with pytest.raises(UsageError, match=r"no connection named 'x' in ccm\.yaml.*acme-prod"):
        settings.connection("x")


def test_a_settings_file_is_read_from_its_folder(tmp_path, connectors):
    """Relative paths in the file start where the file is."""
    path = tmp_path / "ccm.yaml"
    path.write_text(HEAD + GOOD + "rules: {waivers: w.yaml}\n")

    settings = validate(load_settings(path), connectors, TODAY)

    assert settings.base == tmp_path
    assert settings.rules.waivers == tmp_path / "w.yaml"


def test_a_settings_file_that_cannot_be_read_is_told(tmp_path):
    """A folder in place of the file ends with one clear message."""
    with pytest.raises(UsageError, match="cannot be read: Is a directory"):
        load_settings(tmp_path)


def test_keys_of_an_earlier_version_are_reported_with_their_current_names(connectors):
    """All of them at once, each at its location."""
    text = (
        HEAD
        + GOOD
        + """\
notify:
  to: ["env:HOOK"]
  on: [opened]
  min_severity: medium
"""
    )
    assert mistakes(text, connectors) == [
        "7:3: `to` is now called `notify.channels[].to`",
        "8:3: `on` is now called `notify.channels[].on`",
        "9:3: `min_severity` is now called `notify.channels[].min_severity`",
    ]
