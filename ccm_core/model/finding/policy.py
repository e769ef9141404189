"""What the settings say of findings: when they are due, who owns them, and who is who."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import timedelta

from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.frozen_json import FrozenDict


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerRule:
    """Who owns the findings that match all of it; an empty field matches every one."""

    owner: str
    rules: tuple[str, ...] = ()
    """Ids of rules, with ``*`` as wildcard."""
    connections: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    """Kinds of resources."""
    resources: tuple[str, ...] = ()
    """Titles or keys of resources, with ``*`` as wildcard."""
    teams: tuple[str, ...] = ()
    """Teams that own the resource in the source, in whatever case."""
    unowned: bool = False
    """Only where the source names no team."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who may own findings and approve acceptances."""

    id: str
    name: str = ""
    role: str = ""
    email: str = ""
    teams: tuple[str, ...] = ()
    ssh_keys: tuple[str, ...] = ()
    """Public keys as OpenSSH writes them; an approval is signed by one of them."""
    oidc: tuple[tuple[str, str], ...] = ()
    """Issuers and subjects by which an identity provider knows the person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityProvider:
    """An identity provider whose ID tokens approve risk acceptances."""

    issuer: str
    audience: str
    """The client id for which it issues them."""
    keys: str
    """The public keys that it signs with: a JSON Web Key Set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingPolicy:
    """What the settings say of findings."""

    due: Mapping[str, timedelta] = field(default_factory=FrozenDict)
    """By severity: how long after it was opened a finding is due; none: never."""
    due_by_framework: Mapping[str, Mapping[str, timedelta]] = field(default_factory=FrozenDict)
    """The same for findings of checks that support a framework."""
    owners: tuple[OwnerRule, ...] = ()
    """The first that matches counts."""
    people: Mapping[str, Person] = field(default_factory=FrozenDict)
    """By id."""
