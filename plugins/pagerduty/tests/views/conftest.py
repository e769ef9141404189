"""Small hand-made PagerDuty evidence, and a way to run a view over it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from types import MappingProxyType

import pytest
from ccm_pagerduty.kinds import kinds
from ccm_pagerduty.views import views
from coverage_at import At

from ccm_core import schemas
from ccm_core.model.evidence.collection import Collection, Outcome
from ccm_core.model.evidence.manifest import Manifest, ScheduledKind
from ccm_core.sdk.json_codec import decode, digest, encode
from ccm_core.sdk.types import Record, RecordSource, VersionChange, ViewRequest, Window

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
HORIZON = Window(NOW - timedelta(days=30), NOW + timedelta(days=14))

KEYS = MappingProxyType(
    {
        "manifest": lambda body: body["run"],
        "schedule_rendering": lambda body: body["schedule"]["id"],
        "schedule_overrides": lambda body: body["schedule"]["id"],
        "service_custom_fields": lambda body: body["service"]["id"],
        "service_standards": lambda body: body["service"]["id"],
        "service_orchestration": lambda body: body["parent"]["id"],
        "service_dependencies": lambda body: f"{body['service']['type']}/{body['service']['id']}",
        "event_orchestration_path": lambda body: f"{body['parent']['id']}/{body['type']}",
        "team_member": lambda body: f"{body['team']['id']}/{body['user']['id']}",
        "on_call": lambda body: "/".join(
            str(part)
            for part in (
                body["escalation_policy"]["id"],
                body["escalation_level"],
                body["user"]["id"],
                body["start"],
            )
        ),
    }
)


def instant(at):
    """Write an instant given as text, as a datetime, or as hours from now."""
    if isinstance(at, int | float):
        at = NOW + timedelta(hours=at)
    return at if isinstance(at, str) or at is None else at.isoformat()


@cache
def body_schema(kind):
    """Return the validator for bodies of a kind."""
    import jsonschema_rs

    if kind == "pagerduty.manifest":
        schema = schemas.load("manifest.v1")
        return jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
    (kind_definition,) = (candidate for candidate in kinds() if candidate.name == kind)
    return jsonschema_rs.Draft202012Validator(kind_definition.schema(), validate_formats=True)


def record(noun, body):
    """Make a record of a body the way the host would keep it."""
    kind = f"pagerduty.{noun}"
    assert [str(problem) for problem in body_schema(kind).iter_errors(body)] == []
    return Record(
        kind=kind,
        version=1,
        key=KEYS.get(noun, lambda body: body["id"])(body),
        connection="pagerduty-test",
        observed_at=NOW,
        collection="c1",
        source=RecordSource(endpoint=f"/{noun}", page=1, response_digest=digest(b"")),
        body=body,
        digest=digest(encode(body)),
    )


def ref(key, kind="user", **more):
    """Refer to an object."""
    return {"id": key, "type": f"{kind}_reference", "summary": f"the {kind} {key}", **more}


AT = At(NOW, HORIZON)
"""The questions that rules ask of rows at the moment of these tests."""


class Bodies:
    """Bodies of the plugin's evidence kinds, with what a case needs and no more."""

    now = NOW
    horizon = HORIZON
    at = AT
    ref = staticmethod(ref)
    instant = staticmethod(instant)

    @staticmethod
    def user(key, *, role="limited_user", invited=False, **more):
        """Make a user who may respond and is notified at once, unless it is said otherwise."""
        name = {"id": key, "name": key.title(), "role": role, "invitation_sent": invited}
        notified = {
            "contact_methods": [{"id": "C1", "type": "phone_contact_method", "enabled": True}],
            "notification_rules": [Bodies.notification_rule()],
        }
        return {**name, **notified, **more}

    @staticmethod
    def notification_rule(after=0, *, urgency="high", method="C1"):
        """Make a notification rule that uses a contact method after some minutes."""
        return {
            "id": "N1",
            "type": "assignment_notification_rule",
            "start_delay_in_minutes": after,
            "urgency": urgency,
            "contact_method": {"id": method, "type": "phone_contact_method_reference"},
        }

    @staticmethod
    def policy(key, *levels, services=("S1",), delays=()):
        """Make an escalation policy; a level is a list of references, and lasts some minutes."""
        delays = delays or [30] * len(levels)
        return {
            "id": key,
            "name": f"Policy {key}",
            "escalation_rules": [
                {"id": f"R{n}", "escalation_delay_in_minutes": delay, "targets": list(targets)}
                for n, (targets, delay) in enumerate(zip(levels, delays, strict=True), start=1)
            ],
            "services": [ref(service, "service") for service in services],
        }

    @staticmethod
    def layer(start=-10_000, end=None, *, users=("ann",), restrictions=()):
        """Make a layer of a schedule."""
        return {
            "start": instant(start),
            "end": instant(end),
            "users": [{"user": ref(user)} for user in users],
            "restrictions": list(restrictions),
        }

    @classmethod
    def schedule(cls, key, *, layers=None, form="layers", **more):
        """Make a schedule with one layer, unless it is said otherwise."""
        built = {"schedule_layers": [cls.layer()] if layers is None else list(layers)}
        return {
            "id": key,
            "name": f"Schedule {key}",
            "form": form,
            "time_zone": "Europe/Berlin",
            **(built if form == "layers" else {}),
            "escalation_policies": [],
            **more,
        }

    @staticmethod
    def rendering(key, *shifts, percentage=50.0, since=None, until=None):
        """Render a schedule; a shift is ``(start, end, user id, reference or None)``."""
        return {
            "schedule": ref(key, "schedule"),
            "form": "layers",
            "since": instant(HORIZON.since if since is None else since),
            "until": instant(HORIZON.until if until is None else until),
            "rendered_coverage_percentage": percentage,
            "entries": [
                {
                    "start": instant(start),
                    "end": instant(end),
                    "user": ref(user) if isinstance(user, str) else user,
                }
                for start, end, user in shifts
            ],
        }

    @staticmethod
    def overrides(key, *spans, since=None, until=None):
        """Make the overrides of a schedule; each is ``(start, end)``."""
        return {
            "schedule": ref(key, "schedule"),
            "form": "layers",
            "since": instant(HORIZON.since if since is None else since),
            "until": instant(HORIZON.until if until is None else until),
            "overrides": [
                {"id": f"O{n}", "start": instant(start), "end": instant(end), "user": ref("bob")}
                for n, (start, end) in enumerate(spans)
            ],
        }

    @staticmethod
    def hours(text):
        """Return an instant of a row as hours from now."""
        return (datetime.fromisoformat(text) - NOW).total_seconds() / 3600

    @staticmethod
    def service(key, *, policy="P1", urgency="high", teams=("T1",), **more):
        """Make a service that pages through a policy."""
        return {
            "id": key,
            "name": f"Service {key}",
            "status": "active",
            "incident_urgency_rule": {"type": "constant", "urgency": urgency},
            "escalation_policy": policy and ref(policy, "escalation_policy"),
            "teams": [ref(team, "team") for team in teams],
            "integrations": [],
            **more,
        }

    @staticmethod
    def incident(key="I1", *, at=-10, status="resolved", **more):
        """Make an incident that was triggered some hours from now."""
        return {
            "id": key,
            "incident_number": 7,
            "title": "Disk full",
            "created_at": instant(at),
            "status": status,
            "urgency": "high",
            "service": ref("S1", "service"),
            **more,
        }

    @staticmethod
    def entry(entry_type, seconds=0, *, agent="user", channel="website", key=None, incident="I1"):
        """Make a log entry some seconds after the trigger of :meth:`incident`."""
        return {
            "id": key or f"L{seconds:06d}{entry_type}",
            "type": f"{entry_type}_log_entry",
            "created_at": instant(NOW + timedelta(hours=-10, seconds=seconds)),
            "agent": agent and ref("ann", agent),
            "channel": channel and {"type": channel},
            "incident": ref(incident, "incident"),
        }

    @staticmethod
    def team(key):
        """Make a team."""
        return {"id": key, "name": f"Team {key}"}

    @staticmethod
    def member(team, user, role="responder", **more):
        """Make a membership."""
        return {"team": ref(team, "team"), "user": ref(user, **more), "role": role}

    @classmethod
    def run(cls, at, *collected, credential="account_api_key", scheduled=(), **more):
        """Make the manifest of a run that ended some hours from now; each collection as given."""
        ended = NOW + timedelta(hours=at)
        manifest = Manifest(
            run=f"run at {at:+010.4f}",
            connection="pagerduty-test",
            connector="pagerduty",
            started_at=ended,
            ended_at=ended,
            host_version="1",
            settings_digest=digest(b""),
            outcome=Outcome.COMPLETE,
            scheduled=tuple(
                ScheduledKind(
                    kind=f"pagerduty.{noun}", version=1, shape="snapshot", cadence=cadence
                )
                for noun, cadence in scheduled
            ),
        )
        whose = {"kind": credential} if isinstance(credential, str) else credential
        unsaid = {
            "scopes": None,
            "role": None,
            "detail": None,
            "account": None,
            "visibility": "whole",
            "visibility_reason": "",
        }
        return decode(encode(manifest)) | {
            "credential": whose and unsaid | whose,
            "collections": [
                cls.collection(
                    ended, *((collection,) if isinstance(collection, str) else collection)
                )
                for collection in collected
            ],
            **more,
        }

    @staticmethod
    def collection(ended, noun, more=None):
        """Make a collection as manifests tell it."""
        collection = Collection(
            id=f"{noun} at {ended}",
            run="run",
            connection="pagerduty-test",
            kind=f"pagerduty.{noun}",
            version=1,
            started_at=ended,
            ended_at=ended,
            outcome=Outcome.COMPLETE,
        )
        return decode(encode(collection)) | (more or {})

    @staticmethod
    def on_call(user, *, policy="P1", schedule=None):
        """Make an on-call."""
        return {
            "escalation_policy": ref(policy, "escalation_policy"),
            "escalation_level": 1,
            "user": ref(user),
            "schedule": schedule and ref(schedule, "schedule"),
            "start": None,
            "end": None,
        }


@pytest.fixture(scope="session")
def pd():
    """Return the factories of bodies."""
    return Bodies


@pytest.fixture
def view(make_view):
    """Run a view over bodies by noun."""
    return make_view


def records_by_kind(bodies):
    """Return records by kind, sorted by key, from bodies by noun."""
    return {
        f"pagerduty.{noun}": sorted(
            (record(noun, body) for body in kind_bodies), key=lambda record: record.key
        )
        for noun, kind_bodies in bodies.items()
    }


def changes_by_kind(changes):
    """Return changes by kind, an hour apart, from bodies before and after by noun."""
    return {f"pagerduty.{noun}": list(_changes(noun, of)) for noun, of in changes.items()}


def _changes(noun, bodies):
    for number, (before, after) in enumerate(bodies):
        versions = [body and record(noun, body) for body in (before, after)]
        until = NOW - timedelta(hours=len(bodies) - 1 - number)
        yield VersionChange(
            connection="pagerduty-test",
            kind=f"pagerduty.{noun}",
            key=next(version.key for version in versions if version),
            before=versions[0],
            after=versions[1],
            since=until - timedelta(hours=1),
            until=until,
        )


@pytest.fixture(scope="session")
def make_records():
    """Make records by kind of bodies by noun."""
    return records_by_kind


@pytest.fixture(scope="session")
def make_view(acts_among):
    """Run a view over bodies by noun; every row it gives must satisfy the view's own schema."""
    import jsonschema_rs

    def run(name, *, vanished=None, changes=None, acts=(), **bodies):
        view = next(view for view in views() if view.name == f"pagerduty.{name}")
        assert set(bodies) <= {kind.removeprefix("pagerduty.") for kind in view.inputs}
        assert {f"pagerduty.{noun}" for noun in vanished or {}} <= set(view.vanished)
        assert {f"pagerduty.{noun}" for noun in changes or {}} <= set(view.changes)
        request = ViewRequest(
            records=records_by_kind(bodies),
            vanished=records_by_kind(vanished or {}),
            changes=changes_by_kind(changes or {}),
            earliest=acts_among(record("incident_log_entry", entry) for entry in acts),
        )
        rows = tuple(view.rows(request))
        validator = jsonschema_rs.Draft202012Validator(view.schema(), validate_formats=True)
        for row in rows:
            assert [str(problem) for problem in validator.iter_errors(row.body)] == []
            assert f"{row.subject.kind}:{row.subject.key}" in row.names
            assert row.evidence_digests
            assert list(row.evidence_digests) == sorted(set(row.evidence_digests))
        return rows

    return run


@pytest.fixture
def only(view):
    """Run a view that has one row to give, and give its body."""

    def run(name, **bodies):
        (row,) = view(name, **bodies)
        return row.body

    return run
