"""Build ``verify.py``, the verifier as one file: ``python -m ccm_core.bundle.verifier.build``."""

from __future__ import annotations

import ast
import io
import tokenize
from collections import Counter
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path

ROOM = "ccm_core.bundle.verifier"
PUBLISHED = Path(__file__).with_name("verify.py")
PARTS = (
    "main",
    "bounds",
    "archive",
    "statement",
    "proofs/log_checks",
    "package",
    "scope",
    "contents",
    "completeness",
    "populations",
    "run_seals",
    "derived/population_tree",
    "evaluations",
    "counting/period_items",
    "derived_package",
    "derived/derived_history",
    "derived/derived_log",
    "derived/derived_bodies",
    "derived/derived_subjects",
    "derived/rule_tally",
    "derived/rule_counts",
    "scoping/framework_scopes",
    "scoping/scoped_rules",
    "scoping/scope_conclusions",
    "conclusions",
    "concluding/controls",
    "concluding/items",
    "counting/month_shares",
    "concluding/kinds",
    "concluding/gaps",
    "method_facts",
    "spans",
    "erasures",
    "pages/page_files",
    "pages/facts",
    "pages/sample_sizes",
    "pages/front",
    "pages/period_paper",
    "pages/item_pages",
    "pages/method",
    "pages/tables",
    "pages/readme",
    "pages/layout",
    "strict_json",
    "proofs/leaf_table",
    "proofs/merkle",
    "proofs/signed_note",
    "proofs/ed25519",
)
"""In the order in which somebody reads the file: the steps first, the mathematics last."""

_NOTICE = """\
# Built from the modules beside it by `python -m ccm_core.bundle.verifier.build`: change those. It
# is one file, longer than others and outside the linters, because whoever has to trust it reads it
# in one go, and because it runs alone, in any folder, with nothing but Python.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcePart:
    """One module of the verifier, taken apart."""

    name: str
    docstring: str
    imports: tuple[ast.Import | ast.ImportFrom, ...]
    """Those of the standard library."""
    body: str
    command: str
    """What runs the file as a command; empty in all parts but one."""
    defines: tuple[str, ...]
    """The names that it defines at its top."""
    classes: tuple[str, ...]
    """Those of them that are classes."""


def published() -> str:
    """Return the text that ``verify.py`` must have.

    Raises:
        ValueError: Two parts define one name.
    """
    parts = [_read_part(name) for name in PARTS]
    clashes = [
        name
        for name, count in Counter(name for part in parts for name in part.defines).items()
        if count > 1
    ]
    if clashes:
        raise ValueError(f"two parts of the verifier define {', '.join(sorted(clashes))}")
    first = parts[0]
    blocks = [
        f'"""{first.docstring}"""\n\n{_NOTICE}\n{_imports(parts)}',
        first.body,
        *(f"{_heading(part.docstring)}\n\n\n{part.body}" for part in parts[1:]),
        *(part.command for part in parts if part.command),
    ]
    classes = {name for part in parts for name in part.classes}
    return _privatize("\n\n\n".join(blocks) + "\n", classes)


def _read_part(name: str) -> SourcePart:
    text = (Path(__file__).parent / f"{name}.py").read_text("utf-8")
    lines = text.splitlines()
    module = ast.parse(text)
    imports = [node for node in module.body if isinstance(node, ast.Import | ast.ImportFrom)]
    command = next((node for node in module.body if isinstance(node, ast.If)), None)
    end = command.lineno - 1 if command else len(lines)
    return SourcePart(
        name=name,
        docstring=ast.get_docstring(module, clean=False) or "",
        imports=tuple(node for node in imports if not _is_own(node)),
        body="\n".join(lines[imports[-1].end_lineno : end]).strip(),
        command="\n".join(lines[end:]).strip(),
        defines=tuple(_defined(module)),
        classes=tuple(node.name for node in module.body if isinstance(node, ast.ClassDef)),
    )


def _privatize(text: str, classes: AbstractSet[str]) -> str:
    """Return the text with an underscore before the classes' names: nothing imports the file."""
    lines = text.splitlines(keepends=True)
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    names = [token for token in tokens if token.type == tokenize.NAME and token.string in classes]
    for token in reversed(names):
        row, column = token.start
        line = lines[row - 1]
        lines[row - 1] = f"{line[:column]}_{line[column:]}"
    return "".join(lines)


def _is_own(node: ast.Import | ast.ImportFrom) -> bool:
    return isinstance(node, ast.ImportFrom) and (node.module or "").startswith(f"{ROOM}.")


def _defined(module: ast.Module) -> Iterator[str]:
    for node in module.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                yield from (name.id for name in ast.walk(target) if isinstance(name, ast.Name))


def _imports(parts: Sequence[SourcePart]) -> str:
    """Return each import of the parts once: whole modules first, then names by module."""
    modules: set[str] = set()
    names: dict[str, set[str]] = {}
    for node in (node for part in parts for node in part.imports):
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        else:
            names.setdefault(node.module or "", set()).update(alias.name for alias in node.names)
    future = names.pop("__future__")
    lines = [
        f"from __future__ import {', '.join(sorted(future))}",
        "",
        *(f"import {name}" for name in sorted(modules)),
        *(f"from {name} import {', '.join(sorted(names[name]))}" for name in sorted(names)),
    ]
    return "\n".join(lines)


def _heading(docstring: str) -> str:
    title = docstring.splitlines()[0].rstrip(".")
    return f"# -- {title} ".ljust(100, "-")


if __name__ == "__main__":
    PUBLISHED.write_text(published(), "utf-8")
