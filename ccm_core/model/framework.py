"""Frameworks as catalogues: requirements by the ids that their publisher writes."""

from __future__ import annotations

from collections.abc import Mapping

from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.frozen_json import FrozenDict

OSCAL_VERSION = "1.2.3"
"""The version of OSCAL that documents name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """One requirement of a framework."""

    id: str
    """As its publisher writes it, such as ``CC7.4`` or ``IR-4(1)``."""
    title: str
    """In the words of the catalogue; of a part without one, that of what it is a part of."""
    group: str
    """The group that it belongs to, such as ``CC7``."""
    text: str = ""
    """Its full text, where the catalogue was imported with it."""
    part_of: str = ""
    """The requirement that it is a part of, such as ``IR-4``; empty: of none."""
    oscal_id: str = ""
    """Its id in OSCAL, such as ``ir-4.1``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """A framework: what it is called, and its requirements."""

    name: str
    """As packs name it, such as ``soc2``."""
    title: str
    version: str
    publisher: str
    source: str
    """Where it was read: a path, or ``ccm``."""
    groups: Mapping[str, str]
    """The titles of groups by their ids, in their order."""
    requirements: Mapping[str, Requirement]
    """By id, in their order."""
    oscal_href: str = ""
    """Where its publisher has it as an OSCAL catalogue, where it has."""

    @property
    def whole(self) -> tuple[Requirement, ...]:
        """The requirements that are no parts of others: what coverage is counted by."""
        return tuple(one for one in self.requirements.values() if not one.part_of)


Catalogues = Mapping[str, Catalogue]
"""By name."""
NO_CATALOGUES: Catalogues = FrozenDict()


def statement_id(oscal_id: str) -> str:
    """Return the id of a requirement's statement, as NIST's catalogues name it."""
    return f"{oscal_id}_smt"
