"""OSCAL: a published tool loads catalogue, profile and results together, and they join."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from ccm_core.frameworks.oscal_export import oscal_catalogue
from ccm_core.frameworks.oscal_import import import_oscal
from ccm_core.frameworks.shipped import shipped_catalogue, shipped_names

PUBLISHED = Path(__file__).parents[4] / "shared" / "catalogs"
MODERATE = PUBLISHED / "NIST_SP-800-53_rev5_MODERATE-baseline-resolved-profile_catalog.json"


@pytest.fixture
def evaluated(demonstration, folder):
    """Stand in a copy of the demonstration's folder."""
    shutil.copytree(demonstration.folder / "demo", folder, dirs_exist_ok=True)
    return folder


@pytest.fixture
def trestle(tmp_path):
    """A workspace of compliance-trestle."""
    root = tmp_path / "trestle"
    root.mkdir()

    def run(*arguments):
        program = Path(sys.executable).with_name("trestle")
        return subprocess.run(  # noqa: S603 - the program of this environment
            [program, *map(str, arguments)], cwd=root, capture_output=True, text=True, check=False
        )

    assert run("init").returncode == 0
    run.root = root
    return run


def resolved(root, profile):
    """Give the controls of a profile as trestle resolves it: by id, with the ids of their parts."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what a library says of its own libraries
        from trestle.core.catalog.catalog_interface import CatalogInterface
        from trestle.core.profile_resolver import ProfileResolver

        path = root / "profiles" / profile / "profile.json"
        document = json.loads(path.read_text())
        for imported in document["profile"]["imports"]:
            imported["href"] = f"trestle://catalogs/{profile}/catalog.json"
        path.write_text(json.dumps(document))
        catalogue = ProfileResolver.get_resolved_profile_catalog(root, str(path))
        controls = CatalogInterface(catalogue).get_all_controls_from_dict()
        return {one.id: {part.id for part in one.parts or ()} for one in controls}


def reviewed(results, framework):
    """Give the control ids and the targets that results have of a framework."""
    (result,) = results["assessment-results"]["results"]
    selected = {
        included["control-id"]
        for selection in result["reviewed-controls"]["control-selections"]
        for included in selection["include-controls"]
        if selection["props"][0]["value"] == framework
    }
    targets = {
        finding["target"]["target-id"]
        for finding in result["findings"]
        if finding["props"][0]["value"] == framework
    }
    return selected, targets


@pytest.mark.slow
@pytest.mark.parametrize("framework", ["soc2", "nist-800-53-r5"])
def test_a_published_tool_loads_catalogue_profile_and_results_together(
    ccm, evaluated, trestle, framework
):
    """And each control and statement that results name is one of the profile that it resolves."""
    ccm("frameworks", "export", framework, "-o", "catalog.json", "--profile", "profile.json")
    ccm("report", "--format", "oscal", "-o", "results.json")
    for file in ("catalog", "profile", "results"):
        loaded = trestle("import", "-f", evaluated / f"{file}.json", "-o", framework)
        assert loaded.returncode == 0, loaded.stdout + loaded.stderr
    valid = trestle("validate", "-a")
    assert (valid.returncode, valid.stdout.count("VALID: Model")) == (0, 3), valid.stdout
    controls = resolved(trestle.root, framework)
    selected, targets = reviewed(json.loads((evaluated / "results.json").read_text()), framework)
    assert selected
    assert selected <= controls.keys()
    assert targets == {f"{number}_smt" for number in selected}
    assert all(f"{number}_smt" in controls[number] for number in selected)


@pytest.mark.skipif(not MODERATE.exists(), reason="the publisher's catalogue is not here")
def test_results_join_the_catalogue_of_the_publisher(ccm, evaluated):
    """What is assessed of the moderate baseline is named as NIST names it: ac-2, and ac-2_smt."""
    ccm("report", "--format", "oscal", "-o", "results.json")
    selected, targets = reviewed(
        json.loads((evaluated / "results.json").read_text()), "nist-800-53-r5"
    )
    published = MODERATE.read_text()
    assert "ac-2" in selected
    in_baseline = {number for number in selected if f'"id": "{number}"' in published}
    assert len(in_baseline) > 10
    assert all(
        f'"id": "{target}"' in published
        for target in targets
        if target.removesuffix("_smt") in in_baseline
    )


@pytest.mark.parametrize("name", shipped_names())
def test_an_exported_catalogue_is_imported_as_it_was(name):
    """Ids, titles, parts and ids of OSCAL survive."""
    catalogue = shipped_catalogue(name)
    document = json.dumps(oscal_catalogue(catalogue, "2026-11-01T00:00:00Z")).encode()
    again = import_oscal(document, "catalog.json", name)
    before = [(one.id, one.title, one.part_of, one.oscal_id) for one in _of(catalogue)]
    assert [(one.id, one.title, one.part_of, one.oscal_id) for one in _of(again)] == before
    ids = [one.oscal_id for one in _of(catalogue)]
    assert len(set(ids)) == len(ids)


def _of(catalogue):
    return sorted(catalogue.requirements.values(), key=lambda one: one.id)


def test_a_profile_leaves_out_what_does_not_apply(ccm, evaluated):
    """With its parts."""
    settings = evaluated / "ccm.yaml"
    stated = "frameworks:\n  - {name: soc2, not_applicable: {CC6.4: We own no buildings.}}\n"
    settings.write_text(f"{settings.read_text()}\n{stated}")
    ccm("frameworks", "export", "soc2", "--profile", "profile.json")
    ((ids,),) = [
        [included["with-ids"] for included in imported["include-controls"]]
        for imported in json.loads((evaluated / "profile.json").read_text())["profile"]["imports"]
    ]
    assert "cc6.3" in ids
    assert not [one for one in ids if one.startswith("cc6.4")]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("soc3",), 'unknown framework "soc3"'),
        (("soc2", "-o", "ccm.yaml"), "ccm.yaml exists; --replace replaces it"),
        (("soc2", "-o", "a.json", "--profile", "./a.json"), "they are two documents"),
    ],
)
def test_what_cannot_be_exported_is_refused(ccm, evaluated, arguments, message):
    """And nothing is written."""
    refused = ccm("frameworks", "export", *arguments)
    assert refused.code == 2
    assert message in refused.err
    assert not (evaluated / "a.json").exists()
