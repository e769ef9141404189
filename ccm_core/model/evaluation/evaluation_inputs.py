"""The basis of an evaluation: everything it was made with, so that it can be made again."""

from __future__ import annotations

from dataclasses import dataclass, field

from ccm_core.model.evaluation.waiver import Waiver
from ccm_core.model.evidence.manifest import PluginVersion
from ccm_core.model.json_codec import JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPack:
    """A rule pack as it was judged with. Its text is kept under its digest."""

    source: str
    """Where it was read."""
    digest: str
    """Of the file's bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchScope:
    """What one connection collected when it was judged, how often, and over which horizon."""

    connection: str
    connector: str
    settings_digest: str
    lookback: float
    """Seconds."""
    lookahead: float
    """Seconds."""
    cadences: dict[str, float]
    """Seconds, by each kind that it collects."""
    refreshed: tuple[str, ...] = ()
    """Kinds of events of which old ones may change and are read again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationInputs:
    """Packs, parameters, waivers, watches and versions behind an evaluation."""

    packs: tuple[StoredPack, ...] = ()
    parameters: JsonObject = field(default_factory=dict)
    """As the settings set them; the packs' own defaults stand in the packs."""
    set_at: dict[str, str] = field(default_factory=dict)
    """Where in the settings each of them stood, as ``file:line:column``."""
    waivers: tuple[Waiver, ...] = ()
    watches: tuple[WatchScope, ...] = ()
    """In the order in which the connections were given."""
    plugins: tuple[PluginVersion, ...] = ()
    host_version: str
