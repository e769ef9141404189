"""Roles, and what each of them may do: the one place that says so."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Permission(StrEnum):
    """What a route needs. A route names exactly one."""

    PUBLIC = "public"
    """Nothing: signing in, health, and the files of the pages themselves."""
    SIGNED_IN = "signed in"
    """Any role: what is of one's own, such as signing out."""
    READ = "read what is for the company"
    """Findings, changes, connections and settings."""
    READ_AUDIT = "read for an audit"
    """Checks, results, evidence, frameworks, periods, samples, packages and the ledger."""
    WORK = "work on findings"
    """Assign, acknowledge, comment, ask to accept a risk, attach evidence, answer exceptions."""
    APPROVE = "approve acceptances"
    CONFIGURE = "configure"
    """Connections, parameters, roles and tokens; and to run them."""
    READ_ACTIVITY = "read the activity log"


class Role(StrEnum):
    """What somebody is to the console. Everybody has one."""

    VIEWER = "viewer"
    AUDITOR = "auditor"
    CONTROL_OWNER = "control_owner"
    APPROVER = "approver"
    ADMIN = "admin"

    @property
    def words(self) -> str:
        """The role as people read it."""
        return self.value.replace("_", " ")


_ANYBODY = frozenset({Permission.PUBLIC, Permission.SIGNED_IN})
_READER = _ANYBODY | {Permission.READ, Permission.READ_AUDIT}
_PERMISSIONS: Mapping[Role, frozenset[Permission]] = MappingProxyType(
    {
        Role.VIEWER: _READER,
        Role.AUDITOR: _ANYBODY | {Permission.READ_AUDIT},
        Role.CONTROL_OWNER: _READER | {Permission.WORK},
        Role.APPROVER: _READER | {Permission.APPROVE},
        Role.ADMIN: frozenset(Permission),
    }
)


def is_permitted(role: Role | None, permission: Permission) -> bool:
    """Return whether a role may do something; None: nobody is signed in."""
    if role is None:
        return permission is Permission.PUBLIC
    return permission in _PERMISSIONS[role]
