"""Waivers: approved, scoped, expiring risk acceptances. A waiver flags a status, and is none."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from ccm_core.model.frozen_dataclass import dataclass


class ApprovalMethod(StrEnum):
    """By what an approver proves who they are."""

    SSH = "ssh"
    """A signature by one of their SSH keys."""
    OIDC = "oidc"
    """An ID token that their identity provider issued for the waiver."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """That somebody approved a waiver, as it stands in the file."""

    by: str
    """The id of a person of the settings."""
    at: datetime
    """When, as whoever signed states it."""
    method: ApprovalMethod
    proof: str
    """The signature as ``ssh-keygen`` writes it, or the ID token."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownIdentity:
    """A subject of an identity provider, and the keys that the provider signs with."""

    issuer: str
    subject: str
    audience: str
    """The client id for which the provider issues tokens that approve."""
    keys: str
    """Its JSON Web Key Set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalAuthority:
    """What the settings said of those whom a waiver names when it was read: kept with it."""

    owner: str = ""
    """The id of the person that it names as owner; empty: there is no such person."""
    approver: str = ""
    """The id of the person that it names as approver; empty: there is no such person."""
    ssh_keys: tuple[str, ...] = ()
    """Of the approver, as OpenSSH writes them."""
    identities: tuple[KnownIdentity, ...] = ()
    """Of the approver."""
    accepts_unsigned: bool = False
    """Whether the settings let waivers count that nobody approved by a signature."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver:
    """An accepted risk: who accepts the failure of which checks, on which subjects, until when."""

    id: str
    rules: tuple[str, ...]
    """The rules that may fail."""
    findings: tuple[str, ...] = ()
    """Ids of findings: of what fails, their causes alone; empty: every cause."""
    subjects: tuple[str, ...] = ()
    """Keys of subjects, with ``*`` as wildcard; empty: every subject of the rules."""
    connections: tuple[str, ...] = ()
    """Names of connections; empty: every connection."""
    controls: tuple[str, ...] = ()
    """``framework:id`` of the controls it covers; empty: all."""
    reason: str
    owner: str
    approver: str
    """Somebody else than the owner."""
    created: datetime
    expires: datetime
    approval: Approval | None = None
    """None: nobody approved it by a signature."""
    authority: ApprovalAuthority = ApprovalAuthority()
