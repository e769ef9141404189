"""What is not as a schema says is refused, whichever validator is asked."""

from __future__ import annotations

import copy
from collections.abc import Iterator

import pytest
from printed_documents import DOCUMENTS

FREE = {
    "body",
    "settings",
    "auth",
    "secrets",
    "detail",
    "requires",
    "parameters",
    "rules_by_status",
    "monitoring_by_status",
    "severities",
    "outcomes",
    "titles",
}
"""Where mappings stand whose keys no schema of the host knows."""


def _paths(node: object, path: tuple = ()) -> Iterator[tuple]:
    """Name the place of every object whose fields are known."""
    if isinstance(node, dict):
        if path and path[-1] in FREE:
            return
        yield path
    for step, child in node.items() if isinstance(node, dict) else enumerate(node):
        if isinstance(child, dict | list):
            yield from _paths(child, (*path, step))


def _at(document: dict, path: tuple) -> tuple[dict, dict]:
    """Give a copy of a document, and the object that stands at a place of it."""
    whole = node = copy.deepcopy(document)
    for step in path:
        node = node[step]
    return whole, node


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_as_described_is_accepted(validators, name: str):
    """A value with something in every field, written the way it is printed."""
    assert validators(name).problems(DOCUMENTS[name]) == []


@pytest.mark.parametrize("name", DOCUMENTS)
def test_documents_with_extra_or_missing_fields_are_refused(validators, name: str):
    """With one field more, or with one field less, no nested object is accepted."""
    accepted = []
    for path in _paths(DOCUMENTS[name]):
        whole, node = _at(DOCUMENTS[name], path)
        node["surprise"] = 1
        if True in validators(name).accepts(whole):
            accepted.append((*path, "surprise"))
        for removed in _at(DOCUMENTS[name], path)[1]:
            whole, node = _at(DOCUMENTS[name], path)
            del node[removed]
            if True in validators(name).accepts(whole):
                accepted.append((*path, removed))
    assert accepted == []


@pytest.mark.parametrize(
    ("name", "path", "value"),
    [
        pytest.param("evidence-record.v1", "observed_at", "2026-11-23T12:00:00", id="no offset"),
        pytest.param("evidence-record.v1", "observed_at", "23 November 2026", id="no instant"),
        pytest.param("evidence-record.v1", "digest", "sha256:0", id="no digest"),
        pytest.param("evidence-record.v1", "source.page", 0, id="a page before the first"),
        pytest.param("evidence-record.v1", "body", [], id="no object"),
        pytest.param("manifest.v1", "outcome", "fine", id="no outcome"),
        pytest.param("manifest.v1", "shortfalls.0.reason", "bad luck", id="no reason"),
        pytest.param("manifest.v1", "collections.0.counts.pages", -1, id="no count"),
        pytest.param("manifest.v1", "collections.0.requests.0.parameters.0", ["a"], id="one"),
        pytest.param("manifest.v1", "collections.0.requests.0.parameters.0", ["a"] * 3, id="three"),
        pytest.param("evaluation.v1", "rules.0.results.0.status", "passed", id="no status"),
        pytest.param("evaluation.v1", "rules.0.severity", "grave", id="no severity"),
        pytest.param("evaluation.v1", "rules.0.remediation_url", "nowhere", id="no link"),
        pytest.param("evaluation.v1", "sufficiency.0.max_age", "1h", id="no number of seconds"),
        pytest.param("report.v1", "document", "ccm.report/v2", id="another version"),
        pytest.param("report.v1", "rules_by_status.passed", 1, id="no status to count"),
        pytest.param("report.v1", "evaluation.evaluated_at", None, id="in its evaluation"),
        pytest.param("report.v1", "manifests.0.run", None, id="in a manifest"),
        pytest.param("report.v1", "counts.0.last_outcome", "fine", id="in a count"),
        pytest.param("check.v1", "document", "ccm.check/v2", id="a check of another version"),
        pytest.param("connection.v1", "secrets.client_id", 7, id="no reference"),
        pytest.param("connection.v1", "rotate_by", "soon", id="no moment of replacing"),
        pytest.param("check.v1", "checked_at", "noon", id="no moment of looking"),
        pytest.param("check.v1", "connections.0.usable", "yes", id="no truth"),
        pytest.param("assurance.v1", "controls.0.evidence_coverage", 1.1, id="no share"),
        pytest.param("period-report.v1", "sampling.sample_size", 0, id="no number of samples"),
        pytest.param("period-report.v1", "assurance.ended", "soon", id="in its assurance"),
        pytest.param("bundle.v1", "checkpoints.0.size", -1, id="no size"),
        pytest.param("assurance.v1", "controls.0.conclusion", "fine", id="no conclusion"),
        pytest.param("assurance.v1", "kinds.0.outcomes.fine", 1, id="no outcome to count"),
    ],
)
def test_documents_with_a_value_of_another_type_are_refused(validators, name, path, value):
    """Formats, patterns, bounds and enumerations are asserted by each validator on its own."""
    *way, last = (int(step) if step.isdecimal() else step for step in path.split("."))
    whole, node = _at(DOCUMENTS[name], tuple(way))
    node[last] = value
    assert validators(name).accepts(whole) == (False, False)
