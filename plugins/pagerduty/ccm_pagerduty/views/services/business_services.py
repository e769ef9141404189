"""Which business services a technical service supports, directly or through others."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from ccm_pagerduty.references import title_of
from ccm_pagerduty.views.row_builder import BUSINESS_SERVICE, SERVICE_DEPENDENCIES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ccm_core.sdk.types import Record
    from ccm_pagerduty.views.row_builder import RecordIndex, RowBuilder

Paths = dict[str, tuple["Record", ...]]
"""By the id of a service: the records that lead from a business service to it."""


class SupportedBusinessServices:
    """The business services that each service supports. A circle of dependencies ends."""

    def __init__(self, index: RecordIndex) -> None:
        """Follow the dependencies of each business service once."""
        supporting = _supporting(index)
        self._paths: Mapping[str, tuple[Record, Paths]] = {
            business.key: (business, _paths(business, supporting))
            for business in index.records(BUSINESS_SERVICE)
        }

    def names(self, service: str, builder: RowBuilder) -> list[str]:
        """Return the names of those that a service supports, sorted; note what was read."""
        names = set()
        for business, paths in self._paths.values():
            if service in paths:
                names.add(title_of(builder.read(business)))
                builder.read_all(paths[service])
        return sorted(names)


def _supporting(index: RecordIndex) -> dict[str, list[tuple[str, Record]]]:
    """List, by the id of a service, what supports it, each with the record that states it."""
    supporting: dict[str, list[tuple[str, Record]]] = {}
    for record in index.records(SERVICE_DEPENDENCIES):
        for relationship in record.body["relationships"]:
            dependent = relationship["dependent_service"]["id"]
            edge = (relationship["supporting_service"]["id"], record)
            supporting.setdefault(dependent, []).append(edge)
    return supporting


def _paths(business: Record, supporting: Mapping[str, list[tuple[str, Record]]]) -> Paths:
    paths: Paths = {business.key: ()}
    pending = deque([business.key])
    while pending:
        dependent = pending.popleft()
        for service, record in supporting.get(dependent, ()):
            if service not in paths:
                path = paths[dependent]
                paths[service] = path if record in path else (*path, record)
                pending.append(service)
    return paths
