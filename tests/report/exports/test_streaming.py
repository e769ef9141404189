"""Exports are written piece by piece, complete, and say which part of an evaluation they are."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace

import pytest
from large_accounts import large_account

from ccm_core.model import json_codec
from ccm_core.report.content.json_stream import Fields, Rows, blocks, json_pieces
from ccm_core.report.registry import FORMATS

STREAMED = ("csv", "junit", "ocsf", "sarif")
MIB = 1 << 20


@pytest.mark.parametrize(
    ("streamed", "value"),
    [
        pytest.param(Fields({}), {}, id="no field"),
        pytest.param(Rows([]), [], id="no row"),
        pytest.param(Fields({"b": Rows([1, 2]), "a": "ä"}), {"a": "ä", "b": [1, 2]}, id="sorted"),
        pytest.param(
            Rows([Fields({"x": Rows([])}), {"z": 1, "y": None}]),
            [{"x": []}, {"z": 1, "y": None}],
            id="nested",
        ),
    ],
)
def test_json_in_pieces_has_the_bytes_of_json_at_once(streamed, value):
    """Keys are sorted, and nothing is between the tokens."""
    assert b"".join(blocks(json_pieces(streamed))) == json_codec.encode(value)


@pytest.fixture(scope="module")
def large():
    """An account whose exports are far larger than a block."""
    return large_account(connections=3, services=30, incidents=4_000, rules=1, waivers=0)


@pytest.mark.no_cover
@pytest.mark.parametrize("name", STREAMED)
def test_an_export_is_never_whole_in_memory(name, large):
    """What writing it takes is a fraction of what is written."""
    for _ in FORMATS[name].chunks(replace(large, scope=("warm",))):
        pass  # modules and caches that stay are not what writing takes
    tracemalloc.start()
    try:
        size = sum(len(piece) for piece in FORMATS[name].chunks(large))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert size > MIB
    assert peak < size / 2


@pytest.mark.parametrize("name", ["csv", "html", "json", "junit", "markdown", "ocsf", "oscal"])
def test_a_part_of_an_evaluation_says_so_in_every_format(name, waived):
    """Whoever reads the file does not take it for the whole."""
    part = FORMATS[name].render(replace(waived, scope=("severity high", "owner Night desk")))
    assert b"severity high" in part
    assert b"owner Night desk" in part
    assert b"owner Night desk" not in FORMATS[name].render(waived)
