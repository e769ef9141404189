"""The verifier concludes from a package what ccm concludes from the store."""

from __future__ import annotations

import json

import pytest

from ccm_core.bundle.verifier.archive import read_archive
from ccm_core.model import json_codec
from ccm_core.model.period import parse_period
from ccm_core.pipeline.assurance import assess_period


@pytest.mark.no_cover
@pytest.mark.parametrize("period", ["2026-08", "2026-08-03", "2026-08-04", "2026"])
def test_the_package_concludes_what_the_store_does(write_bundle, old_firm, tmp_path, period):
    """To the last field, for the kinds of the controls in it."""
    path = tmp_path / "b.zip"
    write_bundle(old_firm, path, period=period, controls=())
    concluded = json.loads(read_archive(str(path))["assurance.json"])
    compiled, _ = old_firm.ruling()
    assessed = json.loads(
        json_codec.encode(
            assess_period(
                old_firm.host,
                [old_firm.connection()],
                old_firm.store,
                compiled,
                parse_period(period),
            )
        )
    )
    kinds = {entry["kind"] for entry in concluded["kinds"]}
    assessed["kinds"] = [entry for entry in assessed["kinds"] if entry["kind"] in kinds]
    assessed["controls"].sort(key=lambda entry: f"{entry['framework']}:{entry['id']}")
    assert len(kinds) > 10
    assert concluded == assessed
