"""The arithmetic of bars."""

from __future__ import annotations

import pytest
from hypothesis import given, settings, strategies

from ccm_core.model.evaluation.result import Population
from ccm_core.report.content import bar

parts = strategies.lists(
    strategies.tuples(strategies.sampled_from(["pass", "fail"]), strategies.integers(0, 10**6)),
    max_size=6,
)


@settings(deadline=None)
@given(parts)
def test_a_bar_is_filled_and_shows_all_there_is(counts):
    """Segments touch, fill the bar, are wide enough to see, and leave out only zeros."""
    cut = bar.segments(counts)
    assert [segment.number for segment in cut] == [number for _, number in counts if number]
    assert all(segment.width > 2 for segment in cut)
    edges = [0.0]
    for segment in cut:
        assert segment.start == pytest.approx(edges[-1], abs=0.01)
        edges.append(segment.start + segment.width)
    if cut:
        assert edges[-1] == pytest.approx(100, abs=0.01)


def test_the_bar_of_a_population_has_a_segment_for_each_status():
    """Waived failures are a segment of their own, and the segments add up."""
    population = Population(
        total=20, passed=8, failed=6, waived=2, insufficient=3, not_applicable=2, error=1
    )
    cut = {segment.tone: segment.number for segment in bar.population_bar(population)}
    assert cut == {
        "fail": 4,
        "waived": 2,
        "error": 1,
        "insufficient": 3,
        "pass": 8,
        "not_applicable": 2,
    }
    assert sum(cut.values()) == population.total
