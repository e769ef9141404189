"""The view ``pagerduty.configuration_changes``: what the audit trail records of each change."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ccm_core.sdk.timestamps import format_instant, parse_instant
from ccm_pagerduty.references import id_and_title, title_of
from ccm_pagerduty.views.on_call.responders import PRIVILEGED_ROLES
from ccm_pagerduty.views.row_builder import AUDIT_RECORD, RecordIndex, RowBuilder

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ccm_core.sdk.types import JsonObject, Row, ViewRequest

_RESPONSE = frozenset({"escalation_policy", "schedule", "service"})
"""Without one of these, pages go elsewhere or nowhere."""
UNKNOWN = "PagerDuty's audit record does not tell"


def rows(request: ViewRequest) -> Iterable[Row]:
    """Yield one row for each audit record that says what was changed and when."""
    index = RecordIndex(request.records)
    for record in index.records(AUDIT_RECORD):
        root, moment = record.body.get("root_resource") or {}, record.body.get("execution_time")
        if moment is None or not root.get("id"):
            continue
        at = parse_instant(moment)
        title = f"{_type(root).replace('_', ' ')} {title_of(root)}"
        row = RowBuilder(index).build(
            record, _change(record.body, root), title=title, unknown={"*": UNKNOWN}
        )
        body = row.body | {"at": format_instant(at)}
        yield replace(row, body=body, occurred_at=at, final=True)


def _change(body: JsonObject, root: JsonObject) -> JsonObject:
    fields = (body.get("details") or {}).get("fields") or ()
    actors = body.get("actors")
    change: JsonObject = {
        "action": str(body.get("action")),
        "object": {"type": _type(root), **id_and_title(root)},
        "fields": sorted({str(field.get("name")) for field in fields}),
        "grants_privileges": any(map(_grants, fields)),
        "weakenings": sorted(_weakenings(body, root, fields)),
    }
    return change if not actors else change | {"actors": [title_of(actor) for actor in actors]}


def _grants(field: JsonObject) -> bool:
    """Return whether a change of a field makes somebody an owner or an admin."""
    before, after = field.get("before_value"), field.get("value")
    return field.get("name") == "role" and after in PRIVILEGED_ROLES and before != after


def _weakenings(body: JsonObject, root: JsonObject, fields: Iterable[JsonObject]) -> Iterator[str]:
    """Yield how a change lets fewer pages reach a person."""
    kind = _type(root)
    if kind not in _RESPONSE:
        return
    resource = (body.get("details") or {}).get("resource") or root
    if body.get("action") == "delete" and resource.get("id") == root.get("id"):
        yield f"the {kind.replace('_', ' ')} was deleted"
    for field in fields:
        name, before, after = (field.get(key) for key in ("name", "before_value", "value"))
        if name == "num_loops" and _is_less(after, before):
            yield f"the policy is repeated {after} times instead of {before}"
        elif kind == "service" and name == "status" and after == "disabled":
            yield "the service was disabled"
        elif kind == "service" and name == "urgency" and after == "low":
            yield "incidents became of low urgency"


def _is_less(after: object, before: object) -> bool:
    numbers = [str(value) for value in (after, before)]
    return all(number.isdecimal() for number in numbers) and int(numbers[0]) < int(numbers[1])


def _type(resource: JsonObject) -> str:
    return str(resource.get("type") or "object").removesuffix("_reference")
