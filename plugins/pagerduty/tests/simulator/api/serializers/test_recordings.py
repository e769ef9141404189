"""Every field of recorded responses of the real API is a field of the simulator's."""

from __future__ import annotations

import json

import pytest

PORT = "port-labs__ocean"
MCP = "wpfleger96__pagerduty-mcp-server"
FAROS = "faros-ai__airbyte-connectors"
RECORDED = {
    "service": ("/services", {}, (f"{PORT}/services__*.json", f"{MCP}/*services_raw.json")),
    "policy": (
        "/escalation_policies",
        {},
        (f"{PORT}/escalation_policies__*.json", f"{MCP}/*escalation_policies_raw.json"),
    ),
    "schedule": ("/schedules", {}, (f"{PORT}/schedules__*.json",)),
    "schedule with layers": (
        "/schedules",
        {"include[]": ["schedule_layers", "final_schedule", "overrides_subschedule"]},
        (f"{MCP}/*schedules_raw.json",),
    ),
    "on-call": ("/oncalls", {}, (f"{PORT}/oncalls__*.json", f"{MCP}/*oncalls*_raw.json")),
    "incident": (
        "/incidents",
        {},
        (f"{PORT}/incidents__*.json", f"{MCP}/*incidents_raw.json", f"{FAROS}/*incidents.json"),
    ),
    "log entry": ("/log_entries", {}, (f"{FAROS}/*incidentLogEntries.json",)),
    "user": (
        "/users",
        {},
        (f"{PORT}/users__*.json", f"{MCP}/*users_raw.json", f"{FAROS}/*users.json"),
    ),
    "team": ("/teams", {}, (f"{MCP}/*teams_raw.json", f"{FAROS}/*teams.json")),
    "priority": ("/priorities", {}, (f"{FAROS}/*prioritiesResource.json",)),
}
OMITTED = {
    # Only one published file has these; no other response and no description does.
    "on-call": {"self", "html_url", "time_zone", "rendered_coverage_percentage"},
}
"""Recorded fields that the simulator omits deliberately, by type."""


def _objects(folder, patterns):
    for pattern in patterns:
        for path in sorted((folder / "recordings").glob(pattern)):
            content = json.loads(path.read_text())
            yield from content if isinstance(content, list) else [content]


@pytest.mark.parametrize("kind", RECORDED)
def test_recorded_fields_are_served(reference_data, get_whole, kind):
    """Fields that start with two underscores were added by the publishers."""
    path, params, patterns = RECORDED[kind]
    recorded = {
        field
        for body in _objects(reference_data, patterns)
        for field in body
        if not field.startswith("__")
    }
    page = get_whole(path, params | {"limit": 100}).json()
    served = {field for body in page[path.removeprefix("/")] for field in body}
    assert recorded
    assert recorded - served == OMITTED.get(kind, set())
