"""The report for programs."""

from __future__ import annotations

from ccm_core.model import json_codec
from ccm_core.model.evaluation.result import Evaluation
from ccm_core.report.formats.json import JsonReport


def test_the_json_report_holds_the_whole_evaluation(inputs):
    """The evaluation can be read back from the document as it was."""
    document = json_codec.decode(JsonReport().render(inputs))
    evaluation = json_codec.decode_as(json_codec.encode(document["evaluation"]), Evaluation)
    assert evaluation == inputs.evaluation
    assert document["manifests"] == json_codec.decode(json_codec.encode(inputs.manifests))
    assert [count["kind"] for count in document["counts"]] == [
        "pagerduty.service",
        "pagerduty.team",
    ]


def test_the_json_report_has_the_headline_of_the_other_formats(inputs):
    """And the numbers."""
    document = json_codec.decode(JsonReport().render(inputs))
    assert document["document"] == "ccm.report/v1"
    assert document["host_version"] == "0.1.0"
    assert document["headline"].startswith("2 passed, 4 failed, 2 inconclusive")
    assert document["rules_by_status"] == {
        "pass": 2,
        "fail": 4,
        "insufficient": 2,
        "error": 1,
        "not_applicable": 1,
    }
