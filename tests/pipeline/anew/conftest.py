"""Stores whose newest evaluation is derived anew: honest ones, and ones whose owner lied."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ccm_core.pipeline.anew.random_share import RandomShare
from ccm_core.pipeline.anew.reevaluate import reevaluate
from ccm_core.pipeline.derive.evaluation import evaluate_changes
from ccm_core.pipeline.evaluate import current_moment, watch_scope
from ccm_core.pipeline.reproduce import RuleSet, store_evaluation
from ccm_core.rules.types import PackText
from tests.pipeline.derive.conftest import PACKS, catalog, compiled, host, packs, world, worlds
from tests.pipeline.derive.test_by_change import WAIVER

__all__ = ["packs", "world", "worlds"]
EVERYTHING = RandomShare(share=1, seed=7)


def rule_set(name, limit):
    """Return packs as people wrote them; ``shipped``: those of the plugin."""
    if name == "shipped":
        shipped = catalog().packs.values()
        return RuleSet(
            packs=[PackText(text=pack.text(), source=pack.location) for pack in shipped],
            waivers=[WAIVER],
        )
    return RuleSet(packs=PACKS[name], parameters={"limit": limit}, waivers=[WAIVER])


class Keeper:
    """Stores evaluations as ccm does; with other views or packs, as somebody with the key can."""

    def __init__(self, world):
        self.world, self.version = world, "1"

    def host(self, views=None):
        """Return what is installed."""
        views = self.world.views | (views or {})
        return replace(host(lambda: self.world.now), views=views, version=self.version)

    def evaluate(self, name="mild", *, limit="2h", views=None, judged_by=None, change=None):
        """Evaluate by change and store it; return the digest.

        Args:
            name: The packs that it is stored with.
            limit: A parameter.
            views: Views to derive with in place of the installed ones.
            judged_by: The packs to judge with in place of those.
            change: Changes the evaluation before it is stored.
        """
        world, context = self.world, self.host(views)
        scopes = [watch_scope(context, connection) for connection in world.connections]
        now = current_moment(context, world.connections, world.store)
        rules = judged_by or compiled(name, limit)
        evaluation, act = evaluate_changes(context, scopes, world.store, rules, [WAIVER], now=now)
        stored = store_evaluation(
            context,
            world.connections,
            world.store,
            change(evaluation) if change else evaluation,
            rule_set(name, limit),
            rules,
            act,
        )
        return stored.digest

    def anew(self, share=EVERYTHING, **views):
        """Derive the newest evaluation anew, with what is installed."""
        return reevaluate(self.host(**views), self.world.store, share)


@pytest.fixture
def keeper(world):
    """Who evaluates a world with a few incidents."""
    return Keeper(world)


@pytest.fixture(scope="session")
def keeping():
    """Return what makes the keeper of a world."""
    return Keeper
