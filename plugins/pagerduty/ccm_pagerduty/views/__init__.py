"""The views of the plugin: pure functions from records to the rows that rules evaluate.

A view never guesses. A field that is unknown is missing from the row, so that a rule that needs it
is ``insufficient``; ``null`` means that there is none.
"""

from __future__ import annotations

from functools import partial
from importlib import import_module, resources
from typing import TYPE_CHECKING

from ccm_core.sdk.json_codec import decode
from ccm_pagerduty.views.row_builder import (
    AUDIT_RECORD,
    BUSINESS_SERVICE,
    ESCALATION_POLICY,
    EVENT_ORCHESTRATION_PATH,
    EXTENSION,
    FIRST_ACT,
    INCIDENT,
    INCIDENT_LOG_ENTRY,
    INCIDENT_NOTE,
    INCIDENT_WORKFLOW,
    INCIDENT_WORKFLOW_TRIGGER,
    MAINTENANCE_WINDOW,
    MANIFEST,
    ON_CALL,
    PRIORITY,
    SCHEDULE,
    SCHEDULE_OVERRIDES,
    SCHEDULE_RENDERING,
    SERVICE,
    SERVICE_CUSTOM_FIELDS,
    SERVICE_DEPENDENCIES,
    SERVICE_ORCHESTRATION,
    SERVICE_STANDARDS,
    TEAM,
    TEAM_MEMBER,
    USER,
    WEBHOOK,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from ccm_core.sdk.types import (
        EarliestRecords,
        JsonObject,
        Partitioning,
        Record,
        Row,
        View,
        ViewRequest,
    )

_VIEWS = {
    "account_administrators": ("Account administrators", (USER,)),
    "account_visibility": ("Account visibility", (MANIFEST,)),
    "collection_health": ("Collection health", (MANIFEST,)),
    "configuration_changes": ("Configuration changes", (AUDIT_RECORD,)),
    "extension_delivery": ("Delivery to extensions", (EXTENSION, SERVICE)),
    "incident_response": (
        "Incident response",
        (INCIDENT, INCIDENT_LOG_ENTRY, SERVICE, PRIORITY, INCIDENT_NOTE),
    ),
    "policy_coverage": (
        "Escalation policy coverage",
        (ESCALATION_POLICY, SCHEDULE, SCHEDULE_RENDERING, USER),
    ),
    "priority_workflows": (
        "Workflows of priorities",
        (PRIORITY, INCIDENT_WORKFLOW_TRIGGER, INCIDENT_WORKFLOW, SERVICE),
    ),
    "responder_reachability": ("Responder reachability", (USER, ESCALATION_POLICY, ON_CALL)),
    "schedule_coverage": (
        "Schedule coverage",
        (SCHEDULE, SCHEDULE_RENDERING, SCHEDULE_OVERRIDES, ESCALATION_POLICY, USER),
    ),
    "service_ownership": ("Service ownership", (SERVICE, TEAM)),
    "service_readiness": (
        "Service readiness",
        (
            SERVICE,
            EVENT_ORCHESTRATION_PATH,
            MAINTENANCE_WINDOW,
            SERVICE_CUSTOM_FIELDS,
            SERVICE_ORCHESTRATION,
            SERVICE_STANDARDS,
            BUSINESS_SERVICE,
            SERVICE_DEPENDENCIES,
            ESCALATION_POLICY,
            SCHEDULE,
            SCHEDULE_RENDERING,
            USER,
        ),
    ),
    "service_responders": (
        "Service responders",
        (SERVICE, TEAM, TEAM_MEMBER, ESCALATION_POLICY, SCHEDULE, SCHEDULE_RENDERING, USER),
    ),
    "team_ownership": ("Team ownership", (TEAM, TEAM_MEMBER, USER, SERVICE, ESCALATION_POLICY)),
    "user_access": ("User access", (USER,)),
    "weakening_changes": (
        "Changes that weaken the response",
        (ESCALATION_POLICY, SCHEDULE, TEAM_MEMBER, TEAM, USER, AUDIT_RECORD),
    ),
    "webhook_delivery": ("Delivery to webhooks", (WEBHOOK, SERVICE, TEAM)),
}
"""Titles and input kinds of the views; each view is the module of its name."""
_ROOMS = {
    "extension_delivery": "outbound",
    "priority_workflows": "workflows",
    "weakening_changes": "changes",
    "webhook_delivery": "outbound",
}
"""The rooms of modules that are not in this one."""


def _by_incident() -> Partitioning:
    from ccm_pagerduty.views.incidents.incident_partition import by_incident

    return by_incident()


_ENUMERATED: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    # A hidden administrator only adds to ``administrators_at_least``.
    "account_administrators": {"administrators": (USER,), "administrator_count": (USER,)},
    "account_visibility": {},
    "collection_health": {},
    "configuration_changes": {},
    "extension_delivery": {},
    # Without its trigger an incident's timeline is unknown; what shows one shows all entries.
    "incident_response": {},
    "policy_coverage": {},
    "priority_workflows": {
        "rank": (PRIORITY,),
        "workflows": (INCIDENT_WORKFLOW_TRIGGER,),
        "services": (INCIDENT_WORKFLOW_TRIGGER, SERVICE),
    },
    "responder_reachability": {},
    "schedule_coverage": {"attached": (ESCALATION_POLICY,), "policies": (ESCALATION_POLICY,)},
    "service_ownership": {},
    "service_readiness": {
        "orchestrations": (EVENT_ORCHESTRATION_PATH,),
        "maintenance": (MAINTENANCE_WINDOW,),
        "business_services": (BUSINESS_SERVICE, SERVICE_DEPENDENCIES),
        "discards": (EVENT_ORCHESTRATION_PATH,),
    },
    "service_responders": {"non_member_responders": (TEAM_MEMBER,)},
    "team_ownership": {
        "services": (SERVICE,),
        "owns_services": (SERVICE,),
        "policies": (ESCALATION_POLICY,),
        "member_count": (TEAM_MEMBER,),
        "managers": (TEAM_MEMBER,),
        "manager_count": (TEAM_MEMBER,),
        "has_manager": (TEAM_MEMBER,),
    },
    "user_access": {},
    "webhook_delivery": {},
    # A team whose other members are hidden is not without members.
    "weakening_changes": {"weakenings": (TEAM_MEMBER,), "unrecorded_weakenings": (TEAM_MEMBER,)},
}
"""Fields of each view that count or list records, with the kinds of these records. All others
depend on records that the row looks up by key, and are left out where one of them is missing."""
_OPTIONAL: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "incident_response": {
        PRIORITY: ("response_priority", "clock_at_priority"),
        INCIDENT_NOTE: ("notes",),
    },
    "priority_workflows": {
        INCIDENT_WORKFLOW_TRIGGER: ("workflows", "services"),
        INCIDENT_WORKFLOW: ("workflows", "services"),
    },
    "schedule_coverage": {SCHEDULE_OVERRIDES: ("overridden", "overridden_percent")},
    "service_readiness": {
        EVENT_ORCHESTRATION_PATH: ("orchestrations", "discards"),
        SERVICE_ORCHESTRATION: ("discards",),
        SERVICE_STANDARDS: ("standards",),
        BUSINESS_SERVICE: ("business_services",),
        SERVICE_DEPENDENCIES: ("business_services",),
        MAINTENANCE_WINDOW: ("maintenance",),
        SERVICE_CUSTOM_FIELDS: ("custom_fields",),
    },
    "weakening_changes": {AUDIT_RECORD: ("unrecorded_weakenings", "unrecorded_grant")},
}
"""Inputs that a plan or a right may lack, with the fields that rest on each of them."""
_ROWS_OF: Mapping[str, str] = {
    "configuration_changes": AUDIT_RECORD,
    "extension_delivery": EXTENSION,
    "incident_response": INCIDENT,
    "policy_coverage": ESCALATION_POLICY,
    "priority_workflows": PRIORITY,
    "responder_reachability": USER,
    "schedule_coverage": SCHEDULE,
    "service_ownership": SERVICE,
    "service_readiness": SERVICE,
    "service_responders": SERVICE,
    "team_ownership": TEAM,
    "user_access": USER,
    "webhook_delivery": WEBHOOK,
}
"""The kind that each row of a view is about."""
_VANISHED: Mapping[str, tuple[str, ...]] = {
    "extension_delivery": (SERVICE,),
    "incident_response": (SERVICE,),
    "policy_coverage": (SCHEDULE,),
    "service_ownership": (TEAM,),
    "service_readiness": (ESCALATION_POLICY, SCHEDULE),
    "service_responders": (TEAM, ESCALATION_POLICY, SCHEDULE),
    "webhook_delivery": (SERVICE, TEAM),
}
"""Kinds of which a view judges what is deleted by what it was."""
_CHANGES: Mapping[str, tuple[str, ...]] = {
    "weakening_changes": (ESCALATION_POLICY, SCHEDULE, TEAM_MEMBER, USER),
}
"""Kinds of which a view reads how records changed from version to version."""
_BY_FIRST_ACT = frozenset(
    {
        "policy_coverage",
        "responder_reachability",
        "schedule_coverage",
        "service_readiness",
        "service_responders",
        "user_access",
    }
)
"""Views that go by whether an invitation was accepted, which the first act of a person shows."""
_PARTITIONS: Mapping[str, Callable[[], Partitioning]] = {"incident_response": _by_incident}
"""Views whose rows can be derived partition by partition."""


def views() -> tuple[View, ...]:
    """Return every view of the plugin, sorted by name."""
    from ccm_core.sdk.types import View

    return tuple(
        View(
            name=f"pagerduty.{name}",
            title=title,
            inputs=inputs,
            rows=partial(_rows, name),
            schema=partial(_schema, name),
            enumerated=_ENUMERATED[name],
            optional=_OPTIONAL.get(name, {}),
            rows_of=_ROWS_OF.get(name),
            vanished=_VANISHED.get(name, ()),
            changes=_CHANGES.get(name, ()),
            earliest=(first_acts(),) if name in _BY_FIRST_ACT else (),
            partitions=_PARTITIONS.get(name),
        )
        for name, (title, inputs) in _VIEWS.items()
    )


def first_acts() -> EarliestRecords:
    """Return what views ask of log entries: the first that each user made."""
    from ccm_core.sdk.types import EarliestRecords

    return EarliestRecords(name=FIRST_ACT, kind=INCIDENT_LOG_ENTRY, of=_who_acted)


def _who_acted(entry: Record) -> str | None:
    from ccm_pagerduty.views.on_call.first_acts import who_acted

    return who_acted(entry)


def _rows(name: str, request: ViewRequest) -> Iterable[Row]:
    """Return the rows of a view; its module is imported on first use."""
    room = f"{__name__}.{_ROOMS[name]}" if name in _ROOMS else __name__
    rows: Iterable[Row] = import_module(f"{room}.{name}").rows(request)
    return rows


def _schema(name: str) -> JsonObject:
    text = resources.files(__name__).joinpath("schemas", f"{name}.json").read_bytes()
    schema: JsonObject = decode(text)
    return schema
