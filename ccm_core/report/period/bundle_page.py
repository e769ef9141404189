"""The first page of an evidence package: what it is of, and how to verify it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ccm_core.report.content import phrases
from ccm_core.report.formats.html import page

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ccm_core.model.assurance import Assurance

MOST = 200
"""Of more gaps or exceptions than this, the rest is counted; assurance.json has them all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BundlePage:
    """What the page shows."""

    assurance: Assurance
    connections: Sequence[str]
    kinds: Sequence[str]
    key: str
    """The public key that signed it, in the form that verifiers read."""
    files: Mapping[str, str]
    """The SHA-256 of each file, by its name."""
    host_version: str


def bundle_page(content: BundlePage) -> bytes:
    """Fill the template. The same input gives the same bytes; everything is escaped."""
    return page(
        "bundle.html",
        package=content,
        host_version=content.host_version,
        assurance=content.assurance,
        conclusions=phrases.CONCLUSION,
        percent=phrases.percent,
        most=MOST,
    )
