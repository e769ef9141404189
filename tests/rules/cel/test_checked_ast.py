"""What an expression reads, seen in its checked form."""

from __future__ import annotations

import pytest

from ccm_core.rules.cel.checked_ast import dotted, path_of, read_paths
from ccm_core.rules.cel.compiler import CelEnvironment


@pytest.fixture
def environment():
    """Speak about rows with one parameter."""
    return CelEnvironment.of({"limit": "duration"}, [])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("row.a == 1 && has(row.b.c)", ["0 row.a", "18 row.b.c"], id="fields"),
        pytest.param("params.limit + 1 < row.a", ["6 params.limit", "19 row.a"], id="parameters"),
        pytest.param(
            "row.l.exists(x, x.q == 1 && row.l[0].z)",
            ["0 row.l", "16 row.l[].q", "28 row.l[].z"],
            id="elements",
        ),
        pytest.param(
            "cel.bind(y, row.q.r, y.s == 1)", ["9 row.q.r", "12 row.q.r", "21 row.q.r.s"], id="bind"
        ),
        pytest.param("row.?b.?c.orValue(3) == 3", ["0 row.b.c"], id="optional"),
        pytest.param("row['a b'][row.k].c == 1", ["0 row.a b[].c", "11 row.k"], id="computed-keys"),
        pytest.param("{'a': row.z}[row.y] == 1", ["6 row.z", "13 row.y"], id="map-literal"),
        pytest.param("[row.x, -1][0] == 1", ["1 row.x"], id="list-literal"),
        pytest.param(
            "row.l.exists(row, row.q)", ["0 row.l", "18 row.l[].q"], id="a-name-that-hides-another"
        ),
        pytest.param("now == now", ["0 now", "7 now"], id="the-moment"),
        pytest.param("1 == 1", [], id="nothing"),
    ],
)
def test_read_paths_of_an_expression(environment, text, expected):
    """Paths are found through macros and brackets, each with its offset."""
    tree = environment.compile(text).tree

    assert [f"{read.offset} {dotted(read.path)}" for read in read_paths(tree)] == expected


def test_a_let_can_be_short_for_a_path(environment):
    """A let that is a path is followed to what it is short for."""
    user = environment.compile("row.user")
    name = environment.compile("user.name", {"user": user})

    assert path_of(name.tree.root, name.scope) == ("row", "user", "name")
    assert path_of(environment.compile("row.a + 1").tree.root) is None


def test_constants_of_a_tree_keep_their_values(environment):
    """Numbers, texts and truths can be read off the tree."""
    tree = environment.compile("row.a in [-3, 4u, 'x', true, null, 1.5]").tree
    values = [node.value for node in tree.nodes() if node.form == "constant"]

    assert values == [-3, 4, "x", True, None, None]
