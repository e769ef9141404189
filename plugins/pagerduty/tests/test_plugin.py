"""The plugin as the host finds it."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from importlib.metadata import entry_points

import pluggy
import pytest
from ccm_pagerduty import plugin

from ccm_core.sdk import hookspecs
from ccm_core.sdk.types import ViewRequest

HEAVY = ("httpx", "tenacity", "jsonschema", "jsonschema_rs", "starlette", "uvicorn", "aiolimiter")
DAY = timedelta(days=1)


@pytest.fixture
def hooks():
    """Register the plugin beside the host's hooks, as the loader does."""
    manager = pluggy.PluginManager(hookspecs.NAME)
    manager.add_hookspecs(hookspecs)
    manager.register(plugin)
    manager.check_pending()
    return manager.hook


def test_the_distribution_says_where_the_plugin_is():
    """The entry point of the group ccm leads to the module of the hooks."""
    (entry_point,) = entry_points(group=hookspecs.NAME, name="pagerduty")
    assert entry_point.load() is plugin


def test_every_hook_offers_something(hooks):
    """Connectors, kinds, views and rule packs come of it, each under a name of its own."""
    for offered in (
        hooks.ccm_connectors(),
        hooks.ccm_evidence_kinds(),
        hooks.ccm_views(),
        hooks.ccm_rule_packs(),
    ):
        names = [provided.name for provided in offered[0]]
        assert names
        assert len(names) == len(set(names))


def test_views_read_kinds_that_there_are(hooks):
    """A view's inputs are kinds of this plugin, or the manifests that the host gives."""
    kinds = {kind.name for kind in hooks.ccm_evidence_kinds()[0]} | {"pagerduty.manifest"}
    assert {name for view in hooks.ccm_views()[0] for name in view.inputs} <= kinds


def test_importing_the_hooks_loads_no_heavy_library():
    """Describing everything imports nothing that reads, validates or serves."""
    code = (
        "import sys; from ccm_pagerduty import plugin;"
        "plugin.ccm_connectors(); [k.schema() for k in plugin.ccm_evidence_kinds()];"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603 - a fixed command
    assert run.stdout.strip() == "[]"


def test_views_are_imported_when_they_are_asked():
    """Who only collects has no view in memory."""
    code = (
        "import sys; from ccm_pagerduty import plugin; plugin.ccm_views();"
        "print(sorted(name for name in sys.modules if name.startswith('ccm_pagerduty.views.')))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603 - a fixed command
    assert run.stdout.strip() == "['ccm_pagerduty.views.row_builder']"


def test_every_view_that_is_offered_can_be_asked(hooks):
    """Each name leads to a module; over nothing that could be read, there are no rows."""
    for view in hooks.ccm_views()[0]:
        request = ViewRequest(records=dict.fromkeys(view.inputs, ()))
        assert not list(view.rows(request)), view.name
