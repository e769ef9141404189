"""Made-up rotations, and a plain model of who is on call: one instant at a time, by the wall clock.

The model knows nothing of windows and their algebra. It asks each layer about one instant, as a
person with a calendar would. Everything that changes does so at a quarter of an hour plus the same
few seconds, by the wall clock, but for overrides, which begin and end at any second, and for what
changes with the clocks themselves, at a whole quarter of an hour. All zones here are whole quarters
of an hour off UTC, so between two such instants one answer holds for all seconds, and a day is
painted second by second from some hundred answers.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest

NIGHTS = {
    "Europe/Berlin": (datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 10, 25, tzinfo=UTC)),
    "America/New_York": (datetime(2026, 3, 8, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)),
    "Australia/Lord_Howe": (datetime(2026, 4, 4, tzinfo=UTC), datetime(2026, 10, 3, tzinfo=UTC)),
    "America/Santiago": (datetime(2026, 4, 5, tzinfo=UTC), datetime(2026, 9, 6, tzinfo=UTC)),
    "Asia/Kathmandu": (datetime(2026, 6, 1, tzinfo=UTC),),
}
"""Days on which the clocks change. Not all zones are whole hours apart."""

QUARTER = timedelta(minutes=15)
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
LENGTH = 2 * DAY

LIVING = ("ann", "bob")
UNABLE = {"zoe": "stakeholder", "new": "pending_invitation"}
UNNOTIFIED = {
    "mute": "no_notification_rule",
    "dead": "no_contact_method",
    "slow": "notified_late",
}
"""They may respond; how a page reaches them counts on levels and from now on."""
PEOPLE = (*LIVING, *LIVING, *LIVING, "gone", "left", *UNABLE, *UNNOTIFIED)
"""``gone`` is not listed any more; ``left`` neither, and the final schedule says since when."""


@dataclass(frozen=True, kw_only=True)
class Hours:
    """A restriction: from a time of the day, every day or on one day of the week."""

    at: timedelta
    length: timedelta
    weekday: int | None

    def hold(self, wall):
        """Return whether a wall-clock time falls into them."""
        midnight = wall.replace(hour=0, minute=0, second=0)
        for back in range(8):
            start = midnight - back * DAY + self.at
            if self.weekday in (None, start.isoweekday()) and start <= wall < start + self.length:
                return True
        return False


@dataclass(frozen=True, kw_only=True)
class Layer:
    """One rotation."""

    start: datetime
    end: datetime | None
    first: datetime
    """When the first turn began, on the wall."""
    turn: timedelta
    users: tuple[str, ...]
    hours: tuple[Hours, ...]

    def runs(self, instant):
        """Return whether it is in effect."""
        return self.start <= instant and (self.end is None or instant < self.end)

    def holder(self, instant, wall):
        """Name who is on call by it alone."""
        restricted = self.hours and not any(hours.hold(wall) for hours in self.hours)
        if not self.users or not self.runs(instant) or restricted:
            return None
        return self.users[(wall - self.first) // self.turn % len(self.users)]


@dataclass(frozen=True, kw_only=True)
class Override:
    """Somebody takes over for a while."""

    start: datetime
    end: datetime
    user: str


@dataclass(frozen=True, kw_only=True)
class Rotation:
    """A schedule, and who is on call by it."""

    zone: ZoneInfo
    since: datetime
    form: str
    explicit: bool
    """Whether a shift-based schedule writes down that nobody is there."""
    layers: tuple[Layer, ...]
    overrides: tuple[Override, ...]
    marks: tuple[datetime, ...]
    """Where an answer may change; the first is ``since``, the last is the end."""
    answers: dict[datetime, str | None] = field(default_factory=dict)
    """What was answered before: the same question comes often."""

    def holder(self, instant):
        """Name who is on call at an instant; later layers and overrides go first."""
        if instant not in self.answers:
            self.answers[instant] = self._holder(instant)
        return self.answers[instant]

    def _holder(self, instant):
        for override in reversed(self.overrides):
            if override.start <= instant < override.end:
                return override.user
        wall = instant.astimezone(self.zone).replace(tzinfo=None)
        for layer in reversed(self.layers):
            if (holder := layer.holder(instant, wall)) is not None:
                return holder
        return None

    def emptiness(self, instant):
        """Return why nobody is on call at an instant, by the layers alone."""
        if self.form == "shifts":
            return "empty_slot" if self.explicit else "no_shift"
        staffed = [layer for layer in self.layers if layer.users]
        if not staffed:
            return "no_layers"
        if all(instant < layer.start for layer in staffed):
            return "before_start"
        if all(layer.end is not None and layer.end <= instant for layer in staffed):
            return "end_of_schedule"
        running = [layer for layer in staffed if layer.runs(instant)]
        if running and all(layer.hours for layer in running):
            return "restriction"
        return "gap_between_layers"


def rotation(random, zone, since, seconds):
    """Make up a schedule over :data:`LENGTH` from ``since``, which ends in these seconds."""
    layers = tuple(_layer(random, zone, since, seconds) for _ in range(random.randint(0, 3)))
    if len(layers) > 1 and random.random() < 0.4:
        layers = _handed_over(random, layers)
    overrides = tuple(_override(random, since) for _ in range(random.choice((0, 0, 1, 2))))
    lattice = since - timedelta(seconds=900)
    lattice = lattice.replace(minute=0, second=0) + timedelta(seconds=seconds)
    cells = [lattice + step * QUARTER for step in range(LENGTH // QUARTER + 10)]
    edges = [edge for override in overrides for edge in (override.start, override.end)]
    edges += _clock_changes(ZoneInfo(zone), since)
    inside = {mark for mark in (*cells, *edges) if since < mark < since + LENGTH}
    return Rotation(
        zone=ZoneInfo(zone),
        since=since,
        form=random.choice(("layers", "layers", "shifts")),
        explicit=random.random() < 0.5,
        layers=layers,
        overrides=overrides,
        marks=(since, *sorted(inside), since + LENGTH),
    )


def _clock_changes(zone, since):
    """Return the instants at which the wall clock jumps: another shift may begin or recur."""
    whole = since.replace(minute=0, second=0)
    instants = (whole + step * QUARTER for step in range(LENGTH // QUARTER + 5))
    return [
        instant
        for instant in instants
        if (instant - SECOND).astimezone(zone).utcoffset() != instant.astimezone(zone).utcoffset()
    ]


def _layer(random, zone, since, seconds):
    tail = timedelta(seconds=seconds)
    start, end = sorted(
        since.replace(minute=0, second=0) + tail + step * QUARTER
        for step in (random.randint(-150, 150), random.randint(0, 350))
    )
    start = random.choice((start, start - 40 * DAY))
    morning = start.astimezone(ZoneInfo(zone)).replace(tzinfo=None, hour=0, minute=0, second=0)
    people = PEOPLE if random.random() < 0.9 else (*PEOPLE, "who")
    hours = tuple(_hours(random, tail) for _ in range(random.choice((0, 0, 1, 2))))
    return Layer(
        start=start,
        end=random.choice((None, end)),
        first=morning - 3 * DAY + random.randint(0, 95) * QUARTER + tail,
        turn=random.choice((12, 24, 24, 168)) * timedelta(hours=1),
        users=tuple(random.choices(people, k=random.choice((0, 1, 1, 2, 3, 4)))),
        hours=hours,
    )


def _handed_over(random, layers):
    """Let the second of two layers begin when the first has ended, or a little later."""
    first, second = layers[:2]
    ended = first.start + random.randint(1, 12) * 4 * QUARTER
    begun = ended + random.randint(0, 40) * QUARTER
    return (replace(first, end=ended), replace(second, start=begun, end=None))


def _hours(random, tail):
    begin, stop = random.randint(0, 95), random.randint(0, 95)
    weekly = random.random() < 0.3
    days = random.randint(0, 4) if weekly else 0
    length = (stop - begin) * QUARTER
    if length <= timedelta(0):
        length += DAY
    return Hours(
        at=begin * QUARTER + tail,
        length=length + days * DAY,
        weekday=random.randint(1, 7) if weekly else None,
    )


def _override(random, since):
    start = since + random.randint(-7200, 172_800) * SECOND
    length = random.choice((1, 59, 180, 3600, 7201, 90_000))
    return Override(start=start, end=start + length * SECOND, user=random.choice((*PEOPLE, "who")))


# -- what the model says of schedules, levels and policies ------------------------------------

SURE, POSSIBLE = "sure", "possible"


@dataclass(frozen=True, kw_only=True)
class Situation:
    """Two schedules, a policy over them and over people, and a moment at which to look."""

    zone: str
    since: datetime
    now: datetime
    left_at: datetime
    """Since when ``left`` is no longer there."""
    schedules: dict[str, Rotation]
    levels: tuple[tuple[str, ...], ...]
    """The targets of each level: keys of schedules, or people."""
    delays: tuple[int, ...]
    """After how many minutes an incident leaves each level."""
    slow: int = 10
    """After how many minutes ``slow`` is notified; the others, where they are, at once."""

    @property
    def until(self):
        """The end of what is looked at."""
        return self.since + LENGTH

    def marks(self):
        """Return every instant at which any answer may change."""
        instants = {mark for schedule in self.schedules.values() for mark in schedule.marks}
        return sorted(instants | {self.now, self.left_at})

    def who(self, key, instant, delay):
        """Name who is on call by a schedule and can answer; nothing where that is not sure."""
        holder = self.schedules[key].holder(instant) if key in self.schedules else key
        return holder if self.target(key, instant, delay) == SURE else None

    def target(self, key, instant, delay=None):
        """Return whether a target reaches somebody at an instant, or why it does not.

        Without a level's delay, how somebody is notified is not asked about.
        """
        if key not in self.schedules:
            # Nobody says when somebody who is named directly and not listed any more went.
            unsure = key == "gone" and instant < self.now
            return POSSIBLE if unsure else self._person(key, instant, delay)
        holder = self.schedules[key].holder(instant)
        if holder is None:
            return self.schedules[key].emptiness(instant)
        return self._person(holder, instant, delay)

    def _person(self, name, instant, delay):
        if name in UNABLE:
            return UNABLE[name]
        ends = {"left": self.left_at, "gone": self.now}.get(name)
        if ends is not None and instant >= ends:
            return "deleted_user"
        in_time = name not in UNNOTIFIED or (name == "slow" and delay and self.slow <= delay)
        if delay is not None and instant >= self.now and not in_time:
            return UNNOTIFIED[name]
        return POSSIBLE if name == "who" else SURE

    def level(self, number, instant):
        """Return whether a level reaches somebody at an instant, or all reasons why not."""
        delay = self.delays[number]
        answers = {self.target(key, instant, delay) for key in self.levels[number]}
        for answer in (SURE, POSSIBLE):
            if answer in answers:
                return answer
        return tuple(sorted(answers)) or ("no_target",)

    def policy(self, instant):
        """Return whether any level reaches somebody."""
        answers = {self.level(number, instant) for number in range(len(self.levels))}
        return SURE if SURE in answers else POSSIBLE if POSSIBLE in answers else "nobody"

    def alone(self, instant):
        """Name the one person whom all levels together reach, where there is just one."""
        everywhere = self.named()
        if any(self.target(key, instant, delay) == POSSIBLE for key, delay in everywhere):
            return POSSIBLE
        people = {self.who(key, instant, delay) for key, delay in everywhere} - {None}
        return people.pop() if len(people) == 1 else SURE

    def named(self):
        """Return every target, with the delay of each level that names it."""
        levels = zip(self.levels, self.delays, strict=True)
        return {(key, delay) for targets, delay in levels for key in targets}


def situation(zone, seed):
    """Make up a situation around a night on which the clocks of a zone change."""
    random = Random(seed)  # noqa: S311 - a made-up rotation, no secret
    since = random.choice(NIGHTS[zone]) - DAY + random.randint(0, DAY // SECOND // 2) * SECOND
    seconds = random.randint(0, 899)
    now = since + random.randint(1, LENGTH // SECOND - 1) * SECOND
    left_at = since + random.randint(0, (now - since) // SECOND) * SECOND
    schedules = {key: rotation(random, zone, since, seconds) for key in ("D1", "D2")}
    things = ("D1", "D1", "D2", "ann", "gone", "left", "zoe", "new", "who", *UNNOTIFIED)
    levels = [random.sample(things, random.randint(0, 3)) for _ in range(random.randint(1, 3))]
    return Situation(
        zone=zone,
        since=since,
        now=now,
        left_at=left_at,
        schedules=schedules,
        levels=(("D1",), *(tuple(dict.fromkeys(level)) for level in levels)),
        delays=tuple(random.choice((5, 30)) for _ in range(len(levels) + 1)),
    )


@pytest.fixture(scope="session")
def make_situation():
    """Make up a situation of a zone from a number."""
    return situation
