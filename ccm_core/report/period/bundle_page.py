"""The page that a reader of a bundle opens first: what it is of, and how to check it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ccm_core.report.formats.html import page
from ccm_core.report.period.layout import percent
from ccm_core.report.terminal.assurance import CONCLUSION

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ccm_core.model.assurance import Assurance

MOST = 200
"""Of more holes or deviations than this, the rest is counted; assurance.json has them all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BundlePage:
    """What the page says."""

    assurance: Assurance
    connections: Sequence[str]
    kinds: Sequence[str]
    key: str
    """The public key that signed it, as verifiers want it."""
    files: Mapping[str, str]
    """The SHA-256 of each file, by its name."""
    host_version: str


def bundle_page(given: BundlePage) -> bytes:
    """Fill the template. The same input gives the same bytes; everything is escaped."""
    return page(
        "bundle.html",
        given=given,
        host_version=given.host_version,
        assurance=given.assurance,
        conclusions=CONCLUSION,
        percent=percent,
        most=MOST,
    )
