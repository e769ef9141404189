"""Loading plugins: a failing one harms no other, and no two offer one name."""

from __future__ import annotations

import pytest

from ccm_core.errors import PluginError
from ccm_core.model.evidence.manifest import PluginVersion
from ccm_core.plugins.loader import load


def test_offers_of_a_plugin_are_in_the_catalog_by_name(install):
    """Everything on offer is there, sorted by name, and cannot be changed."""
    catalog = load(install("good"))

    assert list(catalog.connectors) == ["good"]
    assert list(catalog.kinds) == ["good.part", "good.thing"]
    assert list(catalog.views) == ["good.summary"]
    assert list(catalog.packs) == ["good-pack"]
    assert list(catalog.sections) == ["good.section"]
    assert catalog.connectors["good"].title == "Good"
    assert catalog.failures == ()
    assert catalog.problems() == ()
    with pytest.raises(TypeError):
        catalog.kinds["other"] = catalog.kinds["good.part"]


def test_a_plugin_lists_its_offers(install):
    """For ``ccm plugins``: each plugin with its distribution and everything it brings."""
    (plugin,) = load(install("good")).plugins

    assert str(plugin) == "plugin good (distribution ccm-fake-good 1.2.0)"
    assert list(plugin.offers.names()) == [
        ("connector", "good"),
        ("evidence kind", "good.part"),
        ("evidence kind", "good.thing"),
        ("view", "good.summary"),
        ("rule pack", "good-pack"),
        ("report section", "good.section"),
    ]


@pytest.mark.attack(
    "Plugins",
    "A plugin fails while it loads: a hook that is misspelt, not marked, of another signature, "
    "without an end, with wrong types",
    "Its failure is in the catalog and in manifests, and the other plugins load",
)
@pytest.mark.parametrize(
    ("name", "failure"),
    [
        pytest.param(
            "import_error",
            "it cannot be imported: ModuleNotFoundError: "
            "No module named 'no_such_module_of_anybody'",
            id="import error",
        ),
        pytest.param(
            "misspelt",
            "its hooks are not those of ccm: PluginValidationError: "
            "unknown hook 'ccm_conectors' in plugin fake_misspelt",
            id="misspelt hook",
        ),
        pytest.param(
            "argument",
            "its hooks are not those of ccm: PluginValidationError: "
            "Plugin 'argument ccm-fake-argument' for hook 'ccm_connectors'",
            id="hook with an argument that the host does not have",
        ),
        pytest.param(
            "wrong_type",
            "what it offers cannot be used: TypeError: "
            "ccm_connectors offers a str; expected Connector of the sdk",
            id="wrong type",
        ),
        pytest.param(
            "nothing",
            "what it offers cannot be used: TypeError: "
            "ccm_connectors returns a NoneType; expected an iterable of Connector",
            id="no answer",
        ),
        pytest.param(
            "nameless",
            "what it offers cannot be used: TypeError: "
            "ccm_rule_packs offers a RulePackSource without a name",
            id="no name",
        ),
        pytest.param(
            "midway",
            "what it offers cannot be used: OSError: the disk is full",
            id="generator that raises midway",
        ),
        pytest.param(
            "endless",
            "what it offers cannot be used: ValueError: "
            "ccm_rule_packs returns more than 10000 offers",
            id="generator without end",
        ),
        pytest.param(
            "wrapper",
            "what it offers cannot be used: TypeError: "
            "ccm_connectors is a wrapper; expected a plain implementation",
            id="wrapper",
        ),
        pytest.param(
            "unmarked",
            "its hooks are not those of ccm: TypeError: ccm_rule_packs (fake_unmarked.py:8) is not "
            "marked as a hook; write @hookimpl of ccm_core.sdk.hookspecs above it",
            id="hook without its mark",
        ),
    ],
)
def test_a_failing_plugin_is_in_the_catalog_with_its_failure(install, name, failure):
    """Its reason is on the catalog and in manifests, it offers nothing, and the rest loads."""
    catalog = load(install("good", name))

    (broken,) = catalog.failures
    entry = name.replace("_", "-")
    assert broken.failure.startswith(failure)
    assert (broken.name, broken.distribution) == (entry, f"ccm-fake-{entry}")
    assert list(broken.offers.names()) == []
    assert list(catalog.connectors) == ["good"]
    assert list(catalog.packs) == ["good-pack"]
    assert [plugin.name for plugin in catalog.plugins] == sorted(["good", entry])
    assert (
        PluginVersion(
            name=entry,
            distribution=f"ccm-fake-{entry}",
            version="1.0",
            failure=broken.failure,
        )
        in catalog.versions()
    )


def test_each_plugin_has_its_own_failure(install):
    """A plugin that loads after one with a misspelt hook is not blamed for it."""
    catalog = load(install("import_error", "misspelt", "midway", "wrong_type"))

    assert [plugin.failure.partition(":")[0] for plugin in catalog.failures] == [
        "it cannot be imported",
        "what it offers cannot be used",
        "its hooks are not those of ccm",
        "what it offers cannot be used",
    ]


def test_an_interruption_is_no_failure_of_a_plugin(install):
    """Ctrl-C while plugins load ends the command."""
    with pytest.raises(KeyboardInterrupt):
        load(install("interrupt"))


@pytest.mark.parametrize(
    ("names", "message"),
    [
        pytest.param(
            ("clash_one", "clash_two"),
            'the name "same-pack" (rule pack) has 2 owners: '
            "rule pack of plugin clash-one (distribution ccm-fake-clash-one 1.0) and "
            "rule pack of plugin clash-two (distribution ccm-fake-clash-two 2.0); "
            "uninstall one of the distributions, or disable one plugin in the settings",
            id="two plugins offer one name",
        ),
        pytest.param(
            ("good", "twin"),
            'the name "good" (plugin) has 2 owners: '
            "plugin good (distribution ccm-fake-good 1.2.0) and "
            "plugin good (distribution ccm-fake-twin 1.0); "
            "uninstall one of the distributions, or disable one plugin in the settings",
            id="two plugins have one name",
        ),
        pytest.param(
            ("twice",),
            'the name "twice-pack" (rule pack) has 2 owners: '
            "rule pack of plugin twice (distribution ccm-fake-twice 1.0) and "
            "rule pack of plugin twice (distribution ccm-fake-twice 1.0); "
            "uninstall one of the distributions, or disable one plugin in the settings",
            id="one plugin offers one name twice",
        ),
    ],
)
def test_two_owners_of_one_name_are_refused_and_both_are_named(install, names, message):
    """Which of the two would win is never left to chance."""
    with pytest.raises(PluginError) as caught:
        load(install(*names))

    assert str(caught.value) == message


def test_all_name_conflicts_are_reported_at_once(install):
    """Each clash is a line of its own."""
    with pytest.raises(PluginError) as caught:
        load(install("clash_one", "clash_two", "good", "twin", "twice"))

    assert len(str(caught.value).splitlines()) == 3


def test_a_disabled_plugin_is_not_imported(install):
    """It is listed as disabled, offers nothing, clashes with nothing and is in no manifest."""
    catalog = load(
        install("interrupt", "clash_one", "clash_two"), disable=["interrupt", "clash-two"]
    )

    assert [(plugin.name, plugin.disabled) for plugin in catalog.plugins] == [
        ("clash-one", False),
        ("clash-two", True),
        ("interrupt", True),
    ]
    assert list(catalog.packs) == ["same-pack"]
    assert [plugin.name for plugin in catalog.versions()] == ["clash-one"]


@pytest.mark.parametrize(
    ("disable", "message"),
    [
        pytest.param(
            (),
            'plugin "absent" is required by the settings (plugins.require) and not installed; '
            "install its distribution, such as: pip install ccm-absent\n"
            'plugin "midway" is required by the settings (plugins.require) and did not load: '
            "what it offers cannot be used: OSError: the disk is full (fake_midway.py:14); "
            "install another version of ccm-fake-midway (installed: 1.0)",
            id="not installed, did not load",
        ),
        pytest.param(
            ("absent", "midway"),
            'plugin "absent" is required by the settings (plugins.require) and not installed; '
            "install its distribution, such as: pip install ccm-absent\n"
            'plugin "midway" is required by the settings (plugins.require) and disabled by them '
            "(plugins.disable); remove it from one of the two",
            id="disabled",
        ),
    ],
)
def test_a_required_plugin_must_be_installed_and_load(install, disable, message):
    """Every required plugin that is missing is told, with what to do."""
    with pytest.raises(PluginError) as caught:
        load(install("good", "midway"), require=["midway", "good", "absent"], disable=disable)

    assert str(caught.value) == message


def test_the_order_of_installation_does_not_matter(install):
    """Two machines with the same plugins have the same catalog."""
    installed = install("good", "misspelt", "clash_one", "midway")

    catalog, reversed_catalog = (load(order) for order in (installed, installed[::-1]))

    assert [list(plugin.offers.names()) for plugin in catalog.plugins] == [
        list(plugin.offers.names()) for plugin in reversed_catalog.plugins
    ]
    assert catalog.versions() == reversed_catalog.versions()
    assert list(catalog.packs) == list(reversed_catalog.packs) == ["good-pack", "same-pack"]


def test_nothing_installed_is_an_empty_catalog():
    """A host without plugins starts."""
    catalog = load(())

    assert catalog.plugins == ()
    assert dict(catalog.connectors) == {}


def test_offers_that_refer_to_nothing_are_problems_of_the_catalog(install):
    """Loading does not look; a check names every dangling reference and broken schema."""
    catalog = load(install("dangling"))

    nobody = "dangling.none, and no plugin that loaded offers this evidence kind"
    assert catalog.failures == ()
    assert list(catalog.problems()) == [
        "connector dangling collects dangling.event before dangling.none, which it needs",
        f"connector dangling collects {nobody}",
        "connector dangling has two collectors of dangling.event; expected one",
        (
            "connector dangling, settings: the schema is invalid: $.type: "
            "'objekt' is not valid under any of the given schemas"
        ),
        (
            "connector dangling, key, id: the schema is invalid: $.type: "
            "3 is not valid under any of the given schemas"
        ),
        "evidence kind dangling.event has no key; expected the paths that identify an object",
        (
            "evidence kind dangling.event is of events and has no occurred_at; "
            "expected the path of their instant"
        ),
        (
            "plugin dangling (distribution ccm-fake-dangling 1.0): the schema of evidence kind "
            "dangling.event broke: FileNotFoundError: thing.json (fake_dangling.py:48)"
        ),
        f"view dangling.summary reads {nobody}",
        (
            "view dangling.summary has rows of dangling.event, which is not one of its inputs; "
            "expected one of dangling.none"
        ),
        (
            "report section dangling.section shows dangling.gone, and no plugin that loaded "
            "offers this view"
        ),
    ]
