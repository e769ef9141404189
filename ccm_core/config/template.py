"""The commented settings file that ``ccm init`` writes."""

from __future__ import annotations

from collections.abc import Iterable
from textwrap import dedent, indent

from ccm_core.sdk.types import Connector

_HEAD = """\
# Settings of ccm. `ccm check` reports every mistake in this file with its line and column.
version: 1

# Where evidence is stored: a file beside this one. Back it up together with its key file.
store: {url: "sqlite:///ccm.db"}

# The sources to collect from. Never write a secret here, only where it is stored:
#   env:NAME              an environment variable
#   file:PATH             a file with one line, relative to this file
#   keyring:SERVICE/USER  the keyring of the operating system
#   vault:NAME            the vault, where `ccm connect` stores secrets
"""

_RULES = """
# The rules: packs by name, or by the path of a YAML file.
rules:
  packs: [{packs}]
  parameters: {{}}
  # waivers: waivers.yaml
"""


def template(connectors: Iterable[Connector], packs: Iterable[str]) -> str:
    """Return the text of a settings file with an example of every installed connector."""
    by_name = sorted(connectors, key=lambda connector: connector.name)
    examples = [dedent(connector.example).strip() for connector in by_name]
    items = [indent(example, "  ") for example in examples if example]
    connections = "\n".join(["connections:", *items]) if items else "connections: []"
    return f"{_HEAD}{connections}\n{_RULES.format(packs=', '.join(sorted(packs)))}"


def without_connections(packs: Iterable[str]) -> str:
    """Return the text of a settings file without connections."""
    return template((), packs)
