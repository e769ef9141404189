"""The rows of a view state evidence that the view was handed, and each subject is judged once."""

from __future__ import annotations

import json

import pytest


@pytest.mark.attack(
    "Plugins",
    "A view's row names evidence that the view was not handed, or none at all",
    "Its rules are errors that name the view and the row; nothing passes on that evidence",
)
@pytest.mark.parametrize(
    ("lie", "named"),
    [
        ("no evidence", "no evidence_digests"),
        ("evidence of nothing", "sha256:0000"),
        ("evidence of nothing besides", "sha256:0000"),
        ("evidence is no text", "expected texts"),
    ],
)
def test_a_row_on_evidence_that_was_not_handed_out_is_refused(collected, lie, named):
    """It would be stored, and every package of the period would be refused for it."""
    _assert_refused(collected("evaluate", "--json", lie=f"view: {lie}"), named)


@pytest.mark.attack(
    "Plugins",
    "A view yields two rows about one subject, so that more subjects seem to pass",
    "Its rules are errors that name the view and the subject",
)
def test_a_subject_with_two_rows_is_refused(collected):
    """Counts and pass rates would be diluted."""
    _assert_refused(collected("evaluate", "--json", lie="view: a subject twice"), "two rows")


def test_a_row_about_another_kind_than_the_view_names_is_refused(collected):
    """Incomplete objects of that kind would not be counted."""
    ended = collected("evaluate", "--json", lie="view: a row about another kind")
    _assert_refused(ended, "expected rows about liar.thing only", about="liar.tag:T1")


def _assert_refused(ended, named, about="liar.thing:T1"):
    (rule,) = [rule for rule in json.loads(ended.out)["rules"] if rule["rule"] == "tagged"]

    assert rule["status"] == "error"
    assert "view liar.tagged" in ended.out
    assert about in ended.out
    assert named in ended.out
    assert "fake_liar.py:" in ended.out
