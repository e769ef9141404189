"""The commented settings file that ``ccm init`` writes."""

from __future__ import annotations

from collections.abc import Iterable
from textwrap import dedent, indent

from ccm_core.sdk.types import Connector

_HEAD = """\
# Settings of ccm. Every mistake in this file is told with its line and column: `ccm check`.
version: 1

# Where evidence is kept: a file beside this one. Back it up together with its key file.
store: {url: "sqlite:///ccm.db"}

# The sources to read. A secret never stands here, only where it is kept:
#   env:NAME              an environment variable
#   file:PATH             a file with one line, relative to this file
#   keyring:SERVICE/USER  the keyring of the operating system
#   vault:NAME            what `ccm connect` was told and keeps
"""

_RULES = """
# What judges the evidence: packs by name, or by the path of a YAML file.
rules:
  packs: [{packs}]
  parameters: {{}}
  # waivers: waivers.yaml
"""


def template(connectors: Iterable[Connector], packs: Iterable[str]) -> str:
    """Give the text of a settings file with an example of every connector that is installed."""
    examples = [dedent(one.example).strip() for one in sorted(connectors, key=lambda c: c.name)]
    listed = [indent(example, "  ") for example in examples if example]
    connections = "\n".join(["connections:", *listed]) if listed else "connections: []"
    return f"{_HEAD}{connections}\n{_RULES.format(packs=', '.join(sorted(packs)))}"


def without_connections(packs: Iterable[str]) -> str:
    """Give the text of a settings file to which connections are yet to be added."""
    return template((), packs)
