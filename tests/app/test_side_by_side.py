"""Work side by side: bounded, each for itself, and all of it ends together."""

from __future__ import annotations

import asyncio

import pytest

from ccm_core.app.side_by_side import MAX_CONCURRENT, side_by_side
from ccm_core.errors import AccountMismatch, IntegrityError, StoreError


class Work:
    """Work that waits until it is released, and notes what is under way."""

    def __init__(self):
        self.running, self.most, self.sealed = 0, 0, []
        self.gate = asyncio.Event()

    def named(self, name, fault=None):
        """Return what starts a piece of it."""

        async def do():
            self.running += 1
            self.most = max(self.most, self.running)
            try:
                await self.gate.wait()
                if fault is not None:
                    raise fault
                return name
            finally:
                await asyncio.sleep(0)  # sealing takes a turn of the loop
                self.sealed.append(name)
                self.running -= 1

        return do


def test_work_is_done_side_by_side_up_to_a_limit():
    """No more than so many at a time; the outcomes are in the order of the work."""

    async def run():
        work = Work()
        names = [f"c{number}" for number in range(11)]
        doing = asyncio.create_task(side_by_side([work.named(name) for name in names]))
        for _ in range(5):
            await asyncio.sleep(0)
        assert work.running == MAX_CONCURRENT
        work.gate.set()
        return names, await doing, work.most

    names, outcomes, most = asyncio.run(run())
    assert [outcome.value for outcome in outcomes] == names
    assert most == MAX_CONCURRENT


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(AccountMismatch("another account"), id="another account"),
        pytest.param(StoreError("another ccm is collecting it"), id="locked"),
    ],
)
def test_what_keeps_one_from_being_done_keeps_no_other(fault):
    """It is returned in its place."""

    async def run():
        work = Work()
        work.gate.set()
        return await side_by_side([work.named("a"), work.named("b", fault), work.named("c")])

    outcomes = asyncio.run(run())
    assert [(outcome.value, outcome.error) for outcome in outcomes] == [
        ("a", None),
        (None, fault),
        ("c", None),
    ]


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(IntegrityError("damaged"), id="damaged evidence"),
        pytest.param(ZeroDivisionError("a fault of code"), id="a fault"),
    ],
)
def test_damage_and_faults_end_all_of_it(fault):
    """As themselves, once everything that was under way has ended."""

    async def run():
        work, idle = Work(), Work()
        work.gate.set()
        with pytest.raises(type(fault)) as raised:
            await side_by_side([idle.named("a"), work.named("b", fault), idle.named("c")])
        return raised.value, idle.sealed

    raised, sealed = asyncio.run(run())
    assert raised is fault
    assert sorted(sealed) == ["a", "c"]


def test_whoever_stops_it_waits_for_everything_under_way():
    """Each ends in its own way before the caller goes on; what had not begun never does."""

    async def run():
        work = Work()
        names = [f"c{number}" for number in range(MAX_CONCURRENT + 3)]
        doing = asyncio.create_task(side_by_side([work.named(name) for name in names]))
        for _ in range(5):
            await asyncio.sleep(0)
        doing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await doing
        return names[:MAX_CONCURRENT], work.sealed

    begun, sealed = asyncio.run(run())
    assert sorted(sealed) == begun
