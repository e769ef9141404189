"""What a plugin offers and what its collectors are handed: the one place to import them from.

Fields are added with defaults and never renamed, so a plugin written for one minor version
loads in the next.
"""

from __future__ import annotations

from ccm_core.model.evaluation.subject import Subject
from ccm_core.model.evidence.collection import (
    Collection,
    CredentialInfo,
    LookupOutcome,
    Outcome,
    Reason,
    Request,
    Shortfall,
    Visibility,
)
from ccm_core.model.evidence.record import Record, RecordSource
from ccm_core.model.evidence.version_change import VersionChange
from ccm_core.model.evidence.window import Window
from ccm_core.model.json_codec import JsonObject
from ccm_core.sdk.collector import (
    ChangedBy,
    Collect,
    CollectionNote,
    Collector,
    CollectorEvent,
    CollectRequest,
    DependsOn,
    Estimate,
    Flush,
    Gone,
    NamedBy,
    NothingToRead,
    ObjectHistory,
    Overflow,
    Page,
    ResumeFrom,
)
from ccm_core.sdk.connector import (
    AuthMethod,
    Connector,
    ConnectRequest,
    DemoAcceptance,
    DemoHistory,
    Demonstration,
    DemoSource,
    DemoStep,
    Diagnosis,
    Horizon,
    Session,
)
from ccm_core.sdk.cross_check import CreationEvents, CrossCheck
from ccm_core.sdk.evidence_kind import EvidenceKind, SchemaLoader, Shape
from ccm_core.sdk.rule_pack import RulePackSource
from ccm_core.sdk.traffic import Traffic
from ccm_core.sdk.view import EarliestRecords, Partitioning, Row, View, ViewRequest

__all__ = [
    "AuthMethod",
    "ChangedBy",
    "Collect",
    "CollectRequest",
    "Collection",
    "CollectionNote",
    "Collector",
    "CollectorEvent",
    "ConnectRequest",
    "Connector",
    "CreationEvents",
    "CredentialInfo",
    "CrossCheck",
    "DemoAcceptance",
    "DemoHistory",
    "DemoSource",
    "DemoStep",
    "Demonstration",
    "DependsOn",
    "Diagnosis",
    "EarliestRecords",
    "Estimate",
    "EvidenceKind",
    "Flush",
    "Gone",
    "Horizon",
    "JsonObject",
    "LookupOutcome",
    "NamedBy",
    "NothingToRead",
    "ObjectHistory",
    "Outcome",
    "Overflow",
    "Page",
    "Partitioning",
    "Reason",
    "Record",
    "RecordSource",
    "Request",
    "ResumeFrom",
    "Row",
    "RulePackSource",
    "SchemaLoader",
    "Session",
    "Shape",
    "Shortfall",
    "Subject",
    "Traffic",
    "VersionChange",
    "View",
    "ViewRequest",
    "Visibility",
    "Window",
]
