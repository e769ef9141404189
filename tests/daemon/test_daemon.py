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


def test_a_connection_is_read_when_it_is_due(yard):
    """Once at the start and then each hour; a verdict follows each round."""
    yard.watch(4.5)
    assert hours(yard.manifests()) == [0, 1, 2, 3, 4]
    assert yard.judged == 5
    assert yard.voice.about("verdict: ") == ["verdict: rules: 1 pass"]
    assert yard.voice.lines[0] == "watching prod"
    assert yard.voice.lines[-1] == "stopped"
    assert "prod: complete, 1 kind read, 1 new or changed, 0 requests; next at 14:00:00 UTC" in (
        yard.voice.lines
    )


def test_the_status_says_what_runs_what_is_next_and_how_it_went(yard):
    """One line has it all."""
    yard.sources["prod"].during = lambda: asyncio.sleep(0.05)
    yard.watch(1.5)
    assert "reading prod fake.thing" in yard.voice.shown
    *_, last, gone = yard.voice.shown
    assert gone == ""
    assert last == (
        "next: prod at 14:00:00 UTC; last: prod complete at 13:00:00 UTC; verdict: rules: 1 pass"
    )


def test_a_source_that_is_down_is_tried_less_and_less_and_hinders_nobody(yard):
    """Each pause is as long as it has been down, up to the cadence; the others keep their hours."""
    yard.sources["dead"] = yard.sources["prod"].__class__(down=Unreachable("no connection"))
    yard.watch(3.5)
    minutes = [round(hour * 60) for hour in hours(yard.manifests("dead"))]
    assert minutes[:7] == [0, 1, 2, 4, 8, 16, 32]
    assert minutes[7:] == [64, 124, 184]
    assert hours(yard.manifests()) == [0, 1, 2, 3]
    assert yard.voice.about("dead: run cut short: no connection")


def test_a_source_that_comes_back_is_read_at_its_hours_again(yard):
    """One success forgets the failures."""
    source = yard.sources["prod"]
    source.down = Unreachable("no connection")

    def back() -> None:
        source.down = None

    yard.watch(3, {0.4: back})
    assert [one.outcome for one in yard.manifests()][-3:] == ["complete"] * 3
    first = next(one for one in yard.manifests() if one.outcome == "complete")
    assert hours(yard.manifests())[-1] == pytest.approx(hours([first])[0] + 2)


def test_a_connector_that_is_broken_hinders_nobody(yard):
    """A plugin's bug is that source's failure, told with what broke."""
    yard.sources["odd"] = yard.sources["prod"].__class__(down=KeyError("region"))
    yard.watch(1.5)
    assert hours(yard.manifests()) == [0, 1]
    assert yard.voice.about("the connector odd broke while it connected: KeyError('region')")


def test_a_revoked_key_is_not_tried_every_minute(yard):
    """Asking again does not mend it: it is tried once in its cadence."""
    yard.sources["prod"].down = AuthenticationFailed("401")
    yard.watch(2.5)
    assert hours(yard.manifests()) == [0, 1, 2]


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(SecretError("env:PD_KEY is not set"), id="a secret is gone"),
        pytest.param(StoreError("the store is locked by another process"), id="a locked store"),
    ],
)
def test_what_cannot_be_had_now_is_tried_again(yard, error):
    """Nothing is read meanwhile, and it is said when the next try comes."""
    yard.sources["other"] = yard.sources["prod"].__class__()
    yard.refused["prod"] = error
    yard.watch(2, {0.5: yard.refused.clear})
    assert hours(yard.manifests("other"))[:2] == [0, 1]
    assert hours(yard.manifests())[0] == 0.525
    assert f"prod: not read, tried again at 12:00:30 UTC: {error}" in yard.voice.lines


def test_another_process_that_reads_the_connection_is_waited_for_and_named(yard):
    """The lock is looked at again and again; then what the other one read is not read again."""
    held = lock_connection(yard.folder / "ccm.db", "prod")
    held.__enter__()
    yard.watch(2, {0.25: lambda: held.__exit__(None, None, None)})
    (told, *_) = yard.voice.about("another ccm is collecting prod")
    assert "(process " in told
    assert len(yard.manifests()) == 2


def test_what_somebody_else_has_read_meanwhile_is_not_read_again(yard):
    """The store says what is due, whoever read it."""
    yard.watch(0.5)
    yard.watch(0.9)
    assert hours(yard.manifests()) == [0]
    assert yard.sources["prod"].read == 1


def test_after_a_sleep_one_round_catches_up_and_the_slots_are_counted(yard):
    """The machine slept from half past twelve to a quarter past nine."""

    def sleep() -> None:
        yard.clock.moment += timedelta(hours=8, minutes=45)

    yard.watch(11, {0.5: sleep})
    assert hours(yard.manifests())[:3] == pytest.approx([0, 9.25, 10.25], abs=0.02)
    assert yard.voice.about("slots missed") == [
        "prod: nobody looked for a while; slots missed: fake.thing 8; reading what is due"
    ]


def test_a_clock_that_is_set_back_stops_nothing(yard):
    """What was planned by the wrong clock is void."""

    def back() -> None:
        yard.clock.moment -= timedelta(days=30)

    yard.watch(1, {0.5: lambda: (back(), setattr(yard.clock, "until", NOW - 29.9 * 24 * HOUR))})
    assert yard.sources["prod"].read >= 3


def test_stopping_gives_up_the_window_in_flight_and_seals_the_run(yard):
    """What is being read is read by the next run."""
    yard.sources["prod"].during = lambda: (yard.orders.stop(), asyncio.Event().wait())[1]
    yard.watch(1)
    (manifest,) = yard.manifests()
    assert [one.reason for one in manifest.shortfalls] == ["interrupted"]
    assert "prod: stopped; what was kept is kept" in yard.voice.lines
    assert yard.opened == yard.closed == 1


def test_settings_that_are_read_anew_are_used_once_nothing_runs_by_the_old(yard):
    """A connection that was added is watched; the old store is closed."""

    def change() -> None:
        yard.sources["new"] = yard.sources["prod"].__class__()
        yard.orders.reload()

    yard.watch(2.5, {0.5: change})
    assert hours(yard.manifests()) == [0, 1, 2]
    assert hours(yard.manifests("new")) == pytest.approx([0.5, 1.5], abs=0.02)
    assert "watching prod, new" in yard.voice.lines
    assert yard.opened == yard.closed == 2


def test_a_mistake_in_the_new_settings_keeps_the_old_ones(yard):
    """Every mistake is told with its place."""

    def spoil() -> None:
        places = [Mistake(file="ccm.yaml", line=n, column=1, message="unknown key") for n in (3, 9)]
        yard.mistake = DocumentError(places)
        yard.orders.reload()

    yard.watch(2.5, {0.5: spoil})
    assert hours(yard.manifests()) == [0, 1, 2]
    told = "the settings cannot be used; the old ones stay in force: ccm.yaml"
    assert yard.voice.about("old ones") == [f"{told}:{n}:1: unknown key" for n in (3, 9)]


def test_a_mistake_in_the_settings_at_the_start_ends_it(yard):
    """There is nothing to go on with."""
    yard.mistake = UsageError("no such file: ccm.yaml")
    with pytest.raises(UsageError, match="no such file"):
        yard.watch(1)


def test_a_report_that_cannot_be_written_is_told_and_tried_again(yard):
    """The next round's verdict is written if it can be."""
    yard.verdicts = [UsageError("the report cannot be written: disk full")] * 2
    yard.watch(2.5)
    told = "nothing could be judged: the report cannot be written: disk full"
    assert yard.voice.about("nothing could be judged") == [told] * 2
    assert yard.voice.about("verdict: ")


def test_damaged_evidence_ends_it(yard):
    """Nothing may go on as if the store could be trusted; the other run is sealed."""
    yard.sources["other"] = yard.sources["prod"].__class__(during=lambda: asyncio.Event().wait())
    yard.refused["prod"] = IntegrityError("record fake.thing T1 does not match its digest")
    with pytest.raises(IntegrityError):
        yard.watch(1)
    (manifest,) = yard.manifests("other")
    assert [one.reason for one in manifest.shortfalls] == ["interrupted"]
