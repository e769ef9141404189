"""Its views and a collector, with names that changed."""

from __future__ import annotations

from ccm_core.sdk.time import parse_instant

from ccm_core.sdk import limits
from ccm_core.sdk.types import Ask, Diagnosis, Parts, View


async def collect(_session, ask: Ask):
    """Read what was requested."""
    yield ask.known, parse_instant, limits


def check():
    """Diagnose nothing."""
    return [Diagnosis(subject="/things", good=True, found="fine")]


VIEWS = [View(name="old.view", parts=lambda: Parts(names={}, name=str, ages=frozenset()))]
