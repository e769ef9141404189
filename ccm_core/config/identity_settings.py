"""Reads ``identity_providers``: whose ID tokens approve risk acceptances."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from ccm_core.approvals.approval_token import public_key_set
from ccm_core.documents import Document, suggest
from ccm_core.errors import Mistake
from ccm_core.model.finding.policy import IdentityProvider
from ccm_core.model.frozen_json import FrozenDict

_MAX_BYTES = 256 * 1024
"""Of a file with a key set."""


def read_identity_providers(
    document: Document, base: Path, mistakes: list[Mistake]
) -> Mapping[str, IdentityProvider]:
    """Return the identity providers by issuer; append all mistakes in them.

    Args:
        document: The settings; mistakes that the schema found are in the list already.
        base: Where relative paths of key sets start.
        mistakes: Receives the mistakes.
    """
    providers: dict[str, IdentityProvider] = {}
    section = document.get(("identity_providers",))
    for index, entry in enumerate(section if isinstance(section, list) else []):
        if not isinstance(entry, dict) or not {"issuer", "audience", "jwks"} <= entry.keys():
            continue
        path, issuer = ("identity_providers", index), str(entry["issuer"])
        if issuer in providers:
            message = f"a second provider has the issuer {issuer}; each has one entry"
            mistakes.append(document.mistake((*path, "issuer"), message))
        try:
            keys = public_key_set(_read(base / str(entry["jwks"])))
        except ValueError as error:
            message = f"these keys cannot be used: {error}"
            mistakes.append(document.mistake((*path, "jwks"), message))
            keys = ""
        providers[issuer] = IdentityProvider(
            issuer=issuer, audience=str(entry["audience"]), keys=keys
        )
    signing_in = document.get(("web", "sign_in", "issuer"))
    issuers = {*providers, *([signing_in] if isinstance(signing_in, str) else [])}
    mistakes.extend(_unknown_issuers(document, sorted(issuers)))
    return FrozenDict(providers)


def _unknown_issuers(document: Document, issuers: Sequence[str]) -> Iterator[Mistake]:
    """Yield the issuers of people that no provider has: nothing could verify their tokens."""
    people = document.get(("people",))
    for index, person in enumerate(people if isinstance(people, list) else []):
        identities = person.get("oidc") if isinstance(person, dict) else None
        for number, identity in enumerate(identities if isinstance(identities, list) else []):
            issuer = identity.get("issuer") if isinstance(identity, dict) else None
            if isinstance(issuer, str) and issuer not in issuers:
                message = suggest("issuer", issuer, issuers, label="identity_providers has")
                yield document.mistake(("people", index, "oidc", number, "issuer"), message)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_BYTES + 1)
    except OSError as cause:
        raise ValueError(f"{path} cannot be read: {cause.strerror}") from cause
    if len(data) > _MAX_BYTES:
        raise ValueError(f"{path} has more than {_MAX_BYTES:,} bytes; expected a key set")
    return data
