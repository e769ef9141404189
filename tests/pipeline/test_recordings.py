"""Answers that PagerDuty really gave, published by others, against the plugin's schemas.

The recordings stand beside the checkout where there are any; without them nothing is tested here.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ccm_pagerduty.kinds import kinds

from ccm_core.collect.batch_builder import key_of
from ccm_core.collect.privacy_projection import Projector, Pseudonymizer
from ccm_core.collect.validation import SchemaValidator
from ccm_core.model.json_codec import encode

RECORDINGS = Path(__file__).parents[2].parent / "shared" / "pagerduty" / "recordings"
OF_FILES = {
    "escalation_policies": "pagerduty.escalation_policy",
    "incidents": "pagerduty.incident",
    "incidentLogEntries": "pagerduty.incident_log_entry",
    "oncalls": "pagerduty.on_call",
    "oncalls_earliest": "pagerduty.on_call",
    "schedules": "pagerduty.schedule",
    "services": "pagerduty.service",
    "teams": "pagerduty.team",
    "users": "pagerduty.user",
}
REFERENCES_ONLY = {"faros-ai__airbyte-connectors/test_files__services.json"}
"""A list of references, which is no answer of ``/services``."""
INCLUDED = ("assignments[].assignee.", "first_trigger_log_entry.", "user.")
"""Objects that one publisher had included where we ask for references."""
KINDS = {kind.name: kind for kind in kinds()}
PSEUDONYMS = Pseudonymizer(b"a key of one store")


def recorded():
    """Give every recorded object with the kind it is of."""
    for path in sorted(RECORDINGS.glob("*/*.json")):
        name = path.relative_to(RECORDINGS).as_posix()
        parts = (part.removesuffix("_raw") for part in path.stem.split("__"))
        noun = next((part for part in parts if part in OF_FILES), None)
        if noun is None or name in REFERENCES_ONLY:
            continue
        bodies = json.loads(path.read_bytes())
        for recording, body in enumerate(bodies if isinstance(bodies, list) else [bodies]):
            yield pytest.param(
                OF_FILES[noun], body, id=f"{path.parent.name}-{path.stem}-{recording}"
            )


CASES = list(recorded())

pytestmark = pytest.mark.skipif(not CASES, reason="there are no recordings beside the checkout")


def composed(kind, body):
    """Add what the collector adds to an item, and leave out what the recording's owner added."""
    body = {name: value for name, value in body.items() if not name.startswith("__")}
    return body | ({"form": "layers"} if kind == "pagerduty.schedule" else {})


@pytest.mark.parametrize(("kind", "body"), CASES)
def test_a_recorded_object_becomes_a_record(kind, body):
    """Projected, it satisfies its schema and has a key."""
    schema = KINDS[kind].schema()
    projected = Projector(schema, PSEUDONYMS).project(composed(kind, body))

    assert SchemaValidator(schema).problems(projected.body) == ()
    assert key_of(projected.body, KINDS[kind].key)


@pytest.mark.parametrize(("kind", "body"), CASES)
def test_a_recorded_object_has_no_field_the_schema_does_not_know(kind, body):
    """What is left out is left out on purpose, so that new fields are noticed."""
    projected = Projector(KINDS[kind].schema(), PSEUDONYMS).project(composed(kind, body))
    assert [
        name
        for name in projected.unknown_fields
        if not name.startswith(INCLUDED) and not name.endswith(".__email")
    ] == []


@pytest.mark.parametrize(("kind", "body"), CASES)
def test_personal_and_secret_fields_of_a_recorded_object_are_not_kept(kind, body):
    """No address, no picture, no feed, nothing that a monitoring tool sent."""
    projected = Projector(KINDS[kind].schema(), PSEUDONYMS).project(composed(kind, body))
    record = encode(projected.body).decode()
    for secret in ("@example.com", "avatar", "/feed/", "integration_key", "event_details"):
        assert secret not in record
