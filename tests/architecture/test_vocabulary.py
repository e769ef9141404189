"""The vocabulary of the sources: names that say what they hold, one class of each name."""

from __future__ import annotations

import ast
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import pytest

pytestmark = pytest.mark.no_cover  # the sources are read here, not run

FILLER_WORDS = """
one found said told held there again wanted asked given each known place left then was were other
seen taken kept heard what made gone came judged named shown written
"""
FILLERS = frozenset(FILLER_WORDS.split())
"""Words that would fit any value, and so describe none."""
MAX_FILLERS = 0.03
"""Of all names that are bound outside of comprehensions and lambdas."""
BUILT = "ccm_core/bundle/verifier/verify.py"
"""The verifier as one file that stands alone: its parts are in it once more."""
VAGUE_VERBS = ("Give", "Say", "Tell")
MAX_VAGUE_VERBS = 0.05
"""Of all docstrings."""
MAX_MODULES = 20
SCOPES = (
    ast.comprehension,
    ast.GeneratorExp,
    ast.ListComp,
    ast.SetComp,
    ast.DictComp,
    ast.Lambda,
)


def bound_names(tree: ast.Module) -> Iterator[str]:
    """Yield every variable and parameter that is bound outside of comprehensions and lambdas."""
    inner = {
        id(node)
        for scope in ast.walk(tree)
        if isinstance(scope, SCOPES)
        for node in ast.walk(scope)
    }
    for node in ast.walk(tree):
        if id(node) in inner:
            continue
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.arg) and node.arg not in {"self", "cls"}:
            yield node.arg


def docstrings(tree: ast.Module) -> Iterator[str]:
    """Yield the docstring of every function and class that has one."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and (
            text := ast.get_docstring(node)
        ):
            yield text


def test_few_names_are_fillers(modules):
    """A variable is named for what it holds."""
    names = Counter(name for module in modules for name in bound_names(module.tree))
    fillers = {name: count for name, count in names.items() if name in FILLERS}
    share = sum(fillers.values()) / sum(names.values())
    assert share < MAX_FILLERS, f"{share:.1%}: {fillers}"


def test_public_class_names_are_unique(modules):
    """Whoever reads a class name in a message finds one class."""
    owners: defaultdict[str, set[str]] = defaultdict(set)
    for module in modules:
        for node in ast.walk(module.tree) if module.path != BUILT else ():
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                owners[node.name].add(module.path)
    assert {name: sorted(paths) for name, paths in owners.items() if len(paths) > 1} == {}


def test_docstrings_begin_with_the_verb_of_what_happens(modules):
    """A function returns, reads, appends or raises; it gives, says or tells nothing."""
    texts = [text for module in modules for text in docstrings(module.tree)]
    vague = [text for text in texts if text.split()[0] in VAGUE_VERBS]
    assert len(vague) < MAX_VAGUE_VERBS * len(texts), [text.splitlines()[0] for text in vague]


@pytest.mark.parametrize(
    "package",
    [
        "ccm_core",
        "plugins/pagerduty/ccm_pagerduty",
        "plugins/pagerduty/pagerduty_simulator",
        "plugins/pagerduty/tests",
        "tests",
        "benchmarks",
        "docgen",
    ],
)
def test_no_folder_holds_too_many_modules(root: Path, package: str):
    """More than 20 modules in one room hide its structure."""
    paths = sorted(
        path.parent
        for path in (root / package).rglob("*.py")
        if "data" not in path.parts and path.name != "__init__.py"
    )
    sizes = {folder: len(list(files)) for folder, files in groupby(paths)}
    crowded = {
        folder.relative_to(root).as_posix(): size
        for folder, size in sizes.items()
        if size > MAX_MODULES and "node_modules" not in folder.parts
    }
    assert crowded == {}
