"""What the tests of a period rest on: scope, credentials, tests, parameters, risk acceptances."""

from __future__ import annotations

from datetime import datetime

from ccm_core.model.evidence.manifest import PluginVersion
from ccm_core.model.frozen_dataclass import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialUse:
    """A credential as the runs from one to another found it; never the credential itself."""

    kind: str
    role: str
    """Empty where the source does not tell."""
    scopes: tuple[str, ...]
    holder: str
    """Whose it is, as the source names them; empty where it does not."""
    visibility: str
    visibility_reason: str
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceQuery:
    """What was asked of a source for one kind in the period, and how much it returned."""

    kind: str
    endpoint: str
    """The first that the last collection of the period read."""
    more_endpoints: int
    """How many it read besides, such as one for each object."""
    parameters: tuple[str, ...]
    """As ``name=value``, as the last collection sent them."""
    collections: int
    items: int
    """Received by the last collection of the period, before deduplication."""
    source_total: int | None
    """The source's own total then; None where it states none."""
    since: datetime | None
    """The beginning of the first window that was read; None: it is a snapshot."""
    until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionBasis:
    """A connection in the period."""

    connection: str
    connector: str
    accounts: tuple[str, ...]
    """Of which accounts evidence was collected, in the order of their first collections."""
    watched_since: datetime | None
    """When it was collected first; None: never."""
    runs: int
    credentials: tuple[CredentialUse, ...]
    queries: tuple[SourceQuery, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleDescription:
    """A test as people read it."""

    rule: str
    title: str
    severity: str
    over: str
    condition: str
    """What it asserts, as the pack has it."""
    risk: str
    pack: str
    pack_version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterValue:
    """A parameter at the end of the period."""

    pack: str
    name: str
    value: str
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DesignChange:
    """What differs between two evaluations that follow each other."""

    at: datetime
    """When the first evaluation with it was."""
    what: str
    """Such as ``parameter``, ``pack`` or ``risk acceptance``."""
    name: str
    before: str
    """Empty: there was none."""
    after: str
    """Empty: there is none any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedValue:
    """One field of an object of the company's own configuration, before and after a change."""

    name: str
    before: str
    """As people read it; empty: there was none."""
    after: str
    """Empty: there is none any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigurationChange:
    """A change of the company's own configuration in the source, such as of a schedule."""

    connection: str
    kind: str
    """Empty: the connector has none for it."""
    key: str
    title: str
    action: str
    at: datetime | None
    """When, by the source's trail; None: between the other two."""
    since: datetime | None
    until: datetime
    by: tuple[str, ...]
    """Who, by the source's trail; empty: it is not known."""
    in_trail: bool | None
    """Whether the source's trail shows it; None: the trail of that time is not known."""
    fields: tuple[ChangedValue, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TestMade:
    """When the evaluations of a test were made, those too that close the period."""

    __test__ = False  # it is no test of pytest

    rule: str
    evaluations: int
    of_past: int
    """Of these: made of a past moment, which clears nothing."""
    first_made_at: datetime | None
    """None: no evaluation states when it was made."""
    last_made_at: datetime | None
    longest_delay: float
    """Seconds from the moment of which an evaluation speaks to when it was made, at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LateItem:
    """An item that was tested later than the slowest cadence among the kinds of its test."""

    rule: str
    since: datetime
    """From when it could be tested."""
    tested_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DesignDifference:
    """What was in force when an item could be tested, and what when the test was made."""

    what: str
    """Such as ``parameter``, ``pack`` or ``risk acceptance``."""
    name: str
    then: str
    """Empty: there was none."""
    when_made: str
    """Empty: there was none any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LateTest:
    """Tests that were made late, and what had changed by then."""

    rule: str
    """Empty: every test of an evaluation of a past moment."""
    items: int
    """How many items; 0: of an evaluation of a past moment, whatever it tested."""
    since: datetime
    """From when the first of them could be tested, or the moment that the evaluation speaks of."""
    made_at: datetime
    """When the last of them was tested."""
    is_known: bool
    """Whether evaluations of both moments state what they were made with."""
    differences: tuple[DesignDifference, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidatedPack:
    """A version of a pack that evaluations of the period used, and what validated its method."""

    pack: str
    version: str
    pack_digest: str
    method: str
    """``tests`` or ``mutations``."""
    recorded: str
    """The digest of the outcome that was recorded last; empty: none is recorded."""
    passed: int
    failed: int
    at: datetime | None
    host_version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskAcceptance:
    """A risk acceptance that was in force at some time of the period."""

    id: str
    rules: tuple[str, ...]
    subjects: tuple[str, ...]
    reason: str
    owner: str
    approver: str
    approved_by: str
    """How it was approved: ``ssh``, ``oidc`` or ``not signed``."""
    created: datetime
    expires: datetime
    added_afterwards: int
    """How many exceptions of its rules and subjects were seen before it was created."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlText:
    """A requirement as its catalogue has it, and what the company says of it."""

    framework: str
    id: str
    title: str
    text: str
    owner: str
    not_applicable: str
    """Why it does not apply; empty: it does."""
    manual_procedures: tuple[str, ...]
    """What people have to do besides: no test covers it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointHead:
    """The newest signed head of a log: what it had when the report was made."""

    log: str
    size: int
    root: str
    keys: tuple[str, ...]
    """The names of the keys that signed it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodBasis:
    """What the tests of a period rest on."""

    made_at: datetime
    plugins: tuple[PluginVersion, ...] = ()
    connections: tuple[ConnectionBasis, ...] = ()
    tests: tuple[RuleDescription, ...] = ()
    parameters: tuple[ParameterValue, ...] = ()
    design_changes: tuple[DesignChange, ...] = ()
    configuration_changes: tuple[ConfigurationChange, ...] = ()
    """In order of time."""
    configuration_notes: tuple[str, ...] = ()
    """What may be missing of them, and why."""
    tests_made: tuple[TestMade, ...] = ()
    late_tests: tuple[LateTest, ...] = ()
    validated_packs: tuple[ValidatedPack, ...] = ()
    risk_acceptances: tuple[RiskAcceptance, ...] = ()
    controls: tuple[ControlText, ...] = ()
    heads: tuple[CheckpointHead, ...] = ()
