"""The result of one evaluation of one connection: it can be made again to the byte.

It holds no result on a single subject: those are records, under the roots that it names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime

from ccm_core.model.evaluation.control import Control
from ccm_core.model.evaluation.evidence_read import EvidenceRead, KindRead
from ccm_core.model.evaluation.result import (
    AppliedPack,
    KindSufficiency,
    Population,
    Result,
    ScopedResult,
    Status,
)
from ccm_core.model.evaluation.rule import Severity
from ccm_core.model.frozen_dataclass import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleTotals:
    """One rule over one connection: its status and counts, and what it says of all together."""

    rule: str
    pack: str
    over: str
    title: str
    severity: Severity
    status: Status
    """The worst of the results that decide."""
    population: Population
    controls: tuple[Control, ...] = ()
    risk: str | None = None
    remediation: str | None = None
    remediation_url: str | None = None
    judged: bool = True
    """Whether its verdicts on subjects count: its evidence suffices."""
    on_all: tuple[Result, ...] = ()
    """On the connection, on shares of its subjects, and on objects behind no row."""
    key: str = ""
    """Digest of all that its verdicts depend on beside the rows: where it is another one than
    before, every subject is judged again."""
    scoped: tuple[ScopedResult, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionResult:
    """What the rules of some packs say of one connection at one moment."""

    connection: str
    evaluated_at: datetime
    period_since: datetime
    """When the evaluated period begins."""
    packs: tuple[AppliedPack, ...]
    sufficiency: tuple[KindSufficiency, ...]
    rules: tuple[RuleTotals, ...]
    """Sorted by name."""
    narrowing: tuple[str, ...] = ()
    """What its settings leave out, in words."""
    selections: dict[str, dict[str, str]] = field(default_factory=dict)
    """By pack and parameter: how many rows a condition of the settings selects, in words."""
    plugin_failures: tuple[str, ...] = ()
    read: EvidenceRead
    """What was read, sealed."""
    derived: tuple[KindRead, ...] = ()
    """The population of each derived kind that it left."""
    lines: Mapping[str, str] = field(default_factory=dict)
    """The digest of each list of the read model's lines that it left."""
    account: str | None = None
    """Whose evidence it is; None: it is not known."""
    revision: str = ""
    """Digest of the versions of ccm and its plugins."""
    view_errors: dict[str, str] = field(default_factory=dict)
    """Why the rows of a view could not be derived."""
