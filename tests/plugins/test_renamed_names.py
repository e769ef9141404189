"""Plugins of before: one message lists every old name that they use, with the new one."""

from __future__ import annotations

import importlib
from importlib.util import find_spec
from inspect import signature

import pytest

from ccm_core.plugins import renamed_names
from ccm_core.plugins.loader import load
from ccm_core.plugins.renamed_names import KEYWORDS, MODULES, NAMES, SDK

PUBLIC_MODULES = (
    "authorization",
    "errors",
    "http",
    "http.error_mapping",
    "oauth",
    "paging",
    "rate_limit",
    "report_figures",
    "types",
)


def public_names() -> dict[str, object]:
    """Return everything that a plugin can import from the sdk, by name."""
    modules = [importlib.import_module(f"{SDK}.{name}") for name in PUBLIC_MODULES]
    return {name: value for module in modules for name, value in vars(module).items()}


def test_every_old_name_of_a_plugin_is_in_its_one_failure_message(install):
    """Whoever fixes the plugin needs no second attempt."""
    (broken,) = load(install("old_names")).failures

    failure, _, renamed = broken.failure.partition(
        " It was written for another version of the sdk: "
    )
    assert failure.startswith(
        "it cannot be imported: ModuleNotFoundError: No module named 'ccm_core.sdk.time'"
    )
    assert renamed == (
        "Ask is now CollectRequest; Diagnosis(found=) is now Diagnosis(message=); "
        "Diagnosis(good=) is now Diagnosis(ok=); Parts is now Partitioning; "
        "View(parts=) is now View(partitions=); "
        "ask.known is now ask.current_records; "
        "ccm_core.sdk.limits is now ccm_core.sdk.rate_limit; "
        "ccm_core.sdk.time is now ccm_core.sdk.timestamps. Install a version of ccm-fake-old-names "
        "for this version of ccm, or change these names"
    )


def test_an_old_keyword_argument_is_in_the_failure_message(install):
    """The module is imported without an error; the hook raises."""
    (broken,) = load(install("old_keyword")).failures

    assert broken.failure.startswith("what it offers cannot be used: TypeError: View.__init__()")
    assert "View(parts=) is now View(partitions=)" in broken.failure


def test_a_failure_for_another_reason_lists_no_renamed_names(install):
    """A missing module of somebody else has nothing to do with the sdk."""
    (broken,) = load(install("import_error")).failures

    assert "is now" not in broken.failure


def test_the_files_of_a_package_that_is_not_installed_are_none():
    """Nothing is searched, and nothing raised."""
    assert renamed_names.renamed_names_in("no_such_package_of_anybody.plugin") == ()


@pytest.mark.parametrize(("old", "new"), MODULES.items())
def test_a_renamed_module_exists_under_its_new_name_alone(old, new):
    """There is no shim."""
    assert find_spec(f"{SDK}.{new}") is not None
    assert find_spec(f"{SDK}.{old}") is None


@pytest.mark.parametrize(("old", "new"), NAMES.items())
def test_a_renamed_name_exists_under_its_new_name_alone(old, new):
    """There is no alias."""
    names = public_names()
    assert new in names
    assert old not in names


@pytest.mark.parametrize(
    ("callee", "old", "new"),
    [(callee, old, new) for callee, names in KEYWORDS.items() for old, new in names.items()],
)
def test_a_renamed_keyword_is_accepted_under_its_new_name_alone(callee, old, new):
    """As the class or function has it that is called."""
    parameters = signature(public_names()[NAMES.get(callee, callee)]).parameters
    assert new in parameters
    assert old not in parameters
