"""Inputs of an evaluation: everything it was made with, so that it can be reproduced."""

from __future__ import annotations

from dataclasses import field
from datetime import datetime, timedelta

from ccm_core.model.evaluation.rule_choices import RuleChoices
from ccm_core.model.evaluation.sample_sizes import SampleSizes
from ccm_core.model.evaluation.waiver import Waiver
from ccm_core.model.evidence.acceptance import AcceptedCollapse
from ccm_core.model.evidence.manifest import PluginVersion
from ccm_core.model.evidence.watermark import Watermark
from ccm_core.model.evidence.window import Window
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.json_codec import JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPack:
    """A rule pack as it was evaluated; its text is stored under its digest."""

    source: str
    """The path, or the plugin, that it was read from."""
    digest: str
    """Of the file's bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleScope:
    """The controls that a rule supports, and the evidence that it needs."""

    rule: str
    controls: tuple[str, ...] = ()
    """As ``framework:id``, sorted."""
    kinds: tuple[str, ...] = ()
    """Every evidence kind that its view and its lookups read, sorted."""
    max_age: float | None = None
    """Seconds its evidence may be old, where the rule states it."""
    severity: str = ""
    """As it was evaluated: that of the settings, where they choose another than the pack."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestKind:
    """The kind under which the manifests of a connection are evidence themselves."""

    kind: str
    cadence: float
    """Seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchScope:
    """What one connection collected, how often, and over which horizon."""

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
    accept_unavailable: dict[str, str] = field(default_factory=dict)
    """By kind: why it is accepted that the source does not offer it."""
    accept_collapse: dict[str, AcceptedCollapse] = field(default_factory=dict)
    """By kind: why its population may collapse, and until when."""
    event_kinds: tuple[str, ...] = ()
    """Those of the kinds that are events; all others are snapshots."""
    manifests: ManifestKind | None = None
    """None where no rule can read manifests."""

    def horizon(self, now: datetime) -> Window:
        """Return the period that the evidence covers at a moment."""
        return Window(
            now - timedelta(seconds=self.lookback), now + timedelta(seconds=self.lookahead)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationAct:
    """When an evaluation was really made, and up to where it had read each connection."""

    made_at: datetime
    host_version: str
    watermarks: dict[str, dict[str, Watermark]] = field(default_factory=dict)
    """By connection, then by view and kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationInputs:
    """Packs, parameters, waivers, watch scopes and versions behind an evaluation."""

    packs: tuple[StoredPack, ...] = ()
    rules: tuple[RuleScope, ...] = ()
    """Every rule of the packs, sorted: what an evidence package of a control must contain."""
    parameters: JsonObject = field(default_factory=dict)
    """As the settings set them; the packs' own defaults stand in the packs."""
    set_at: dict[str, str] = field(default_factory=dict)
    """Where the settings set each of them, as ``file:line:column``."""
    choices: RuleChoices = field(default_factory=RuleChoices)
    """What the settings choose of the rules; those that are switched off are in ``rules`` too."""
    sampling: tuple[SampleSizes, ...] = ()
    """How many items of a test an audit samples, the smallest populations first."""
    waivers: tuple[Waiver, ...] = ()
    watch_scopes: tuple[WatchScope, ...] = ()
    """In the order in which the connections were given."""
    plugins: tuple[PluginVersion, ...] = ()
    host_version: str
