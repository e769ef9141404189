"""To what an extension or a webhook belongs, who owns that, and where it is looked at."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ccm_pagerduty.references import references_in, title_of
from ccm_pagerduty.views.row_builder import SERVICE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ccm_core.sdk.types import JsonObject, Record
    from ccm_pagerduty.views.row_builder import RowBuilder


@dataclass(frozen=True, slots=True, kw_only=True)
class Belonging:
    """What something without a page and a team of its own belongs to."""

    names: list[str] = field(default_factory=list)
    teams: list[JsonObject] = field(default_factory=list)
    """References to the teams that own it."""
    url: str | None = None


def services_of(keys: Iterable[str], builder: RowBuilder) -> Belonging:
    """Return the services of some ids, their teams, and the page of the first; note what is read.

    A deleted service has a name, and no team that owns anything of it.
    """
    names, teams, url = [], [], None
    for key in sorted(set(keys)):
        record = builder.find_last(SERVICE, key)
        names.append(key if record is None else title_of(record.body))
        if record is not None and not builder.is_deleted(SERVICE, key):
            teams += references_in(record.body, "teams")
            url = url or record.body.get("html_url")
    return Belonging(names=names, teams=teams, url=url)


def page_of_account(records: Iterable[Record], path: str = "") -> str | None:
    """Return a page of the account, by the address of the first object that has one.

    Args:
        records: Objects of the account.
        path: The page, such as ``users``; empty: the first one.
    """
    for record in records:
        address = urlsplit(record.body.get("html_url") or "")
        if address.scheme == "https" and address.netloc:
            return f"https://{address.netloc}/{path}"
    return None
