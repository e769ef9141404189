"""The watch, hour by hour: whatever befalls it, it goes on and says so."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from ccm_core.errors import (
    AuthenticationFailed,
    DocumentError,
    IntegrityError,
    Mistake,
    SecretError,
    StoreError,
    Unreachable,
    UsageError,
)
from ccm_core.store.sqlite.run_lock import lock_connection

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def hours(manifests) -> list[float]:
    """Give when runs began, in hours since the watch did."""
    return [(one.started_at - NOW) / HOUR for one in manifests]


def test_connection_is_collected_when_it_is_due(world):
    """Once at the start and then each hour; a verdict follows each round."""
    world.watch(4.5)
    assert hours(world.manifests()) == [0, 1, 2, 3, 4]
    assert world.evaluations == 5
    assert world.output.about("results: ") == ["results: rules: 1 pass"]
    assert world.output.lines[0] == "watching prod"
    assert world.output.lines[-1] == "stopped"
    assert "prod: complete, 1 kind read, 1 new or changed, 0 requests; next at 14:00:00 UTC" in (
        world.output.lines
    )


def test_status_line_has_progress_next_poll_and_last_result(world):
    """One line has it all."""
    world.sources["prod"].during = lambda: asyncio.sleep(0.05)
    world.watch(1.5)
    assert "collecting prod fake.thing" in world.output.statuses
    *_, last, cleared = world.output.statuses
    assert cleared == ""
    assert last == (
        "next: prod at 14:00:00 UTC; last: prod complete at 13:00:00 UTC; results: rules: 1 pass"
    )


def test_unreachable_source_is_retried_with_backoff_and_blocks_nobody(world):
    """Each pause is as long as it has been down, up to the cadence; the others keep their hours."""
    world.sources["dead"] = world.sources["prod"].__class__(down=Unreachable("no connection"))
    world.watch(3.5)
    minutes = [round(hour * 60) for hour in hours(world.manifests("dead"))]
    assert minutes[:7] == [0, 1, 2, 4, 8, 16, 32]
    assert minutes[7:] == [64, 124, 184]
    assert hours(world.manifests()) == [0, 1, 2, 3]
    assert world.output.about("dead: run cut short: no connection")


def test_recovered_source_returns_to_its_cadence(world):
    """One success forgets the failures."""
    source = world.sources["prod"]
    source.down = Unreachable("no connection")

    def back() -> None:
        source.down = None

    world.watch(3, {0.4: back})
    assert [one.outcome for one in world.manifests()][-3:] == ["complete"] * 3
    first = next(one for one in world.manifests() if one.outcome == "complete")
    assert hours(world.manifests())[-1] == pytest.approx(hours([first])[0] + 2)


def test_broken_connector_blocks_no_other_connection(world):
    """A plugin's bug is that source's failure, told with what broke."""
    world.sources["odd"] = world.sources["prod"].__class__(down=KeyError("region"))
    world.watch(1.5)
    assert hours(world.manifests()) == [0, 1]
    assert world.output.about("the connector odd broke while it connected: KeyError('region')")


def test_revoked_key_is_retried_once_per_cadence(world):
    """Asking again does not fix it: it is tried once in its cadence."""
    world.sources["prod"].down = AuthenticationFailed("401")
    world.watch(2.5)
    assert hours(world.manifests()) == [0, 1, 2]


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(SecretError("env:PD_KEY is not set"), id="a secret is gone"),
        pytest.param(StoreError("the store is locked by another process"), id="a locked store"),
    ],
)
def test_failed_poll_is_retried(world, error):
    """Nothing is read meanwhile, and it is said when the next try comes."""
    world.sources["other"] = world.sources["prod"].__class__()
    world.connection_errors["prod"] = error
    world.watch(2, {0.5: world.connection_errors.clear})
    assert hours(world.manifests("other"))[:2] == [0, 1]
    assert hours(world.manifests())[0] == 0.525
    assert f"prod: not collected; next attempt at 12:00:30 UTC: {error}" in world.output.lines


def test_locked_connection_is_polled_until_released(world):
    """The lock is looked at again and again; then what the other one read is not read again."""
    held = lock_connection(world.folder / "ccm.db", "prod")
    held.__enter__()
    world.watch(2, {0.25: lambda: held.__exit__(None, None, None)})
    (told, *_) = world.output.about("another ccm is collecting prod")
    assert "(process " in told
    assert len(world.manifests()) == 2


def test_daemon_skips_what_another_process_collected(world):
    """The store says what is due, whoever read it."""
    world.watch(0.5)
    world.watch(0.9)
    assert hours(world.manifests()) == [0]
    assert world.sources["prod"].read == 1


def test_one_poll_catches_up_after_a_sleep_and_logs_missed_runs(world):
    """The machine slept from half past twelve to a quarter past nine."""

    def sleep() -> None:
        world.clock.moment += timedelta(hours=8, minutes=45)

    world.watch(11, {0.5: sleep})
    assert hours(world.manifests())[:3] == pytest.approx([0, 9.25, 10.25], abs=0.02)
    assert world.output.about("missed runs") == [
        "prod: missed runs: fake.thing 8; collecting what is due"
    ]


def test_daemon_survives_a_clock_that_is_set_back(world):
    """What was planned by the wrong clock is void."""

    def back() -> None:
        world.clock.moment -= timedelta(days=30)

    world.watch(1, {0.5: lambda: (back(), setattr(world.clock, "until", NOW - 29.9 * 24 * HOUR))})
    assert world.sources["prod"].read >= 3


def test_stopping_drops_the_window_in_flight_and_seals_the_run(world):
    """What is being read is read by the next run."""
    world.sources["prod"].during = lambda: (world.flags.stop(), asyncio.Event().wait())[1]
    world.watch(1)
    (manifest,) = world.manifests()
    assert [one.reason for one in manifest.shortfalls] == ["interrupted"]
    assert "prod: stopped; windows already stored are kept" in world.output.lines
    assert world.opened == world.closed == 1


def test_reloaded_settings_are_used_once_nothing_runs_by_the_old(world):
    """A connection that was added is watched; the old store is closed."""

    def change() -> None:
        world.sources["new"] = world.sources["prod"].__class__()
        world.flags.reload()

    world.watch(2.5, {0.5: change})
    assert hours(world.manifests()) == [0, 1, 2]
    assert hours(world.manifests("new")) == pytest.approx([0.5, 1.5], abs=0.02)
    assert "watching prod, new" in world.output.lines
    assert world.opened == world.closed == 2


def test_settings_mistake_on_reload_keeps_the_old_settings(world):
    """Every mistake is told with its place."""

    def spoil() -> None:
        places = [Mistake(file="ccm.yaml", line=n, column=1, message="unknown key") for n in (3, 9)]
        world.settings_error = DocumentError(places)
        world.flags.reload()

    world.watch(2.5, {0.5: spoil})
    assert hours(world.manifests()) == [0, 1, 2]
    told = "reload failed; the previous settings stay in force: ccm.yaml"
    assert world.output.about("reload failed") == [f"{told}:{n}:1: unknown key" for n in (3, 9)]


def test_settings_mistake_at_the_start_ends_the_daemon(world):
    """There is nothing to go on with."""
    world.settings_error = UsageError("no such file: ccm.yaml")
    with pytest.raises(UsageError, match="no such file"):
        world.watch(1)


def test_unwritable_report_is_logged_and_retried(world):
    """The next round's verdict is written if it can be."""
    world.evaluation_errors = [UsageError("the report cannot be written: disk full")] * 2
    world.watch(2.5)
    told = "evaluation failed: the report cannot be written: disk full"
    assert world.output.about("evaluation failed") == [told] * 2
    assert world.output.about("results: ")


def test_damaged_evidence_ends_the_daemon(world):
    """Nothing may go on as if the store could be trusted; the other run is sealed."""
    world.sources["other"] = world.sources["prod"].__class__(during=lambda: asyncio.Event().wait())
    world.connection_errors["prod"] = IntegrityError(
        "record fake.thing T1 does not match its digest"
    )
    with pytest.raises(IntegrityError):
        world.watch(1)
    (manifest,) = world.manifests("other")
    assert [one.reason for one in manifest.shortfalls] == ["interrupted"]
