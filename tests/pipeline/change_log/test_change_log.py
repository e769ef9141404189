"""The change log: our own versions of each object, joined with the source's audit trail."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from pagerduty_simulator.account.operations import AuditedObject, AuditRecord

from ccm_core.errors import UsageError
from ccm_core.pipeline.change_log.change_log import change_log
from ccm_core.sdk.types import Window

POLICY, SERVICE = "pagerduty.escalation_policy", "pagerduty.service"


@pytest.fixture
def changed(firm):
    """Change the firm an hour after it was read, read it a day later, and return the log."""
    before = firm.now

    def run(change, *, record=None, kinds=(), since=before):
        change(firm.simulator.account)
        if record is not None:
            firm.simulator.account.audit_records.append(record)
        firm.now += timedelta(days=1)
        firm.collect()
        return change_log(
            firm.host, [firm.connection()], firm.store, Window(since, firm.now), kinds
        )

    return run


def weaken(account):
    """Take the second level of the first policy away."""
    key = min(account.policies)
    policy = account.policies[key]
    account.policies[key] = replace(policy, levels=policy.levels[:1])


def recorded(firm, action="update", kind="escalation_policy", key=None):
    """Make the record of the audit trail for a change of the first policy."""
    key = key or min(firm.simulator.account.policies)
    return AuditRecord(
        id="PDRECORD1",
        at=int((firm.now + timedelta(hours=1)).timestamp()),
        action=action,
        root=AuditedObject(id=key, type=f"{kind}_reference", summary="Routing"),
        actors=(AuditedObject(id="PANN", type="user_reference", summary="Ann"),),
    )


def test_a_level_that_the_trail_leaves_out_is_shown_by_our_own_versions(firm, changed):
    """What, before and after, and that the trail does not show it."""
    log = changed(weaken, kinds=[POLICY])
    (change,) = log.changes
    assert (change.action, change.key) == ("changed", min(firm.simulator.account.policies))
    assert change.fields[0].name.startswith("escalation_rules[")
    assert (change.fields[0].after, change.actors) == (None, ())
    assert (change.in_trail, change.in_versions, change.at) == (False, True, None)
    assert change.since < change.until


def test_the_trail_gives_a_change_its_moment_and_its_actor(firm, changed):
    """Both make one change."""
    record = recorded(firm)
    (change,) = changed(weaken, record=record, kinds=[POLICY]).changes
    assert (change.actors, change.method) == (("Ann",), "browser")
    assert int(change.at.timestamp()) == record.at
    assert (change.in_trail, change.in_versions) == (True, True)
    assert change.fields


def test_what_was_created_and_deleted_between_two_collections_is_in_the_trail_alone(firm, changed):
    """No version shows it."""
    record = recorded(firm, action="delete", kind="service", key="PGONE9")
    (change,) = changed(lambda _: None, record=record, kinds=[SERVICE]).changes
    assert (change.action, change.kind, change.title) == ("deleted", SERVICE, "Routing")
    assert (change.in_trail, change.in_versions) == (True, False)


def test_an_object_that_is_gone_is_deleted(firm, changed):
    """Its title is that of its last version."""
    services = firm.simulator.account.services
    name = services[min(services)].name
    (change,) = changed(
        lambda account: account.services.pop(min(services)), kinds=[SERVICE]
    ).changes
    assert (change.action, change.title) == ("deleted", name)


def test_the_first_collection_is_no_change(firm, changed):
    """Nothing is known to have changed before anything was read."""
    since = firm.now - timedelta(days=300)
    log = changed(lambda _: None, kinds=[POLICY, SERVICE], since=since)
    assert [change for change in log.changes if change.in_versions] == []
    assert any("some kinds were first read at" in note for note in log.notes)


def test_a_kind_that_could_not_be_read_is_no_kind_without_changes(firm, changed):
    """A note says that its changes are not known."""
    firm.simulator.control.deny("/services")
    log = changed(lambda _: None, kinds=[SERVICE])
    assert log.changes == ()
    assert any("pagerduty.service" in note for note in log.notes)


def test_a_denied_trail_leaves_unknown_who_it_was(firm, changed):
    """It is not said that the trail does not show a change."""
    firm.simulator.control.deny("/audit/records")
    log = changed(weaken, kinds=[POLICY])
    (change,) = log.changes
    assert (change.in_trail, change.actors) == (None, ())
    assert any("pagerduty.audit_record" in note for note in log.notes)


def test_a_kind_that_nobody_changes_is_refused(changed):
    """With those that there are."""
    with pytest.raises(UsageError, match="expected one of"):
        changed(lambda _: None, kinds=["pagerduty.incident"])


def disable(account, *, disabled=True):
    """Turn off the first service, so that it pages nobody."""
    key = min(account.services)
    account.services[key] = replace(account.services[key], disabled=disabled)


def test_a_disabled_service_is_a_change_though_its_status_changes_by_itself(firm, changed):
    """Incidents turn a service critical and active again; nothing but a person disables it."""
    (change,) = changed(disable, kinds=[SERVICE]).changes
    assert [(field.name, field.after) for field in change.fields] == [("status", "disabled")]
    assert (change.in_trail, change.in_versions) == (False, True)


def test_what_the_trail_names_is_no_chance_even_where_versions_hardly_differ(firm, changed):
    """The entry of the trail is never lost beside a version in which nothing else changed."""
    record = recorded(firm, kind="service", key=min(firm.simulator.account.services))
    (change,) = changed(disable, record=record, kinds=[SERVICE]).changes
    assert change.actors == ("Ann",)
    assert change.in_trail is True
