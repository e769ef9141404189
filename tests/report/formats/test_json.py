"""The report for programs."""

from __future__ import annotations

from ccm_core.model import json_codec
from ccm_core.model.evaluation.result import Evaluation
from ccm_core.report.formats.json import JsonReport


def test_everything_is_in_it(given):
    """The evaluation can be read back from the document as it was."""
    document = json_codec.decode(JsonReport().render(given))
    again = json_codec.decode_as(json_codec.encode(document["evaluation"]), Evaluation)
    assert again == given.evaluation
    assert document["manifests"] == json_codec.decode(json_codec.encode(given.manifests))
    assert [one["kind"] for one in document["counts"]] == ["pagerduty.service", "pagerduty.team"]


def test_what_it_says_first(given):
    """The verdict and the numbers are those of the other formats."""
    document = json_codec.decode(JsonReport().render(given))
    assert document["document"] == "ccm.report/v1"
    assert document["host_version"] == "0.1.0"
    assert document["verdict"].startswith("2 rules hold, 4 fail, 2 could not be judged")
    assert document["rules"] == {
        "pass": 2,
        "fail": 4,
        "insufficient": 2,
        "error": 1,
        "not_applicable": 1,
    }
