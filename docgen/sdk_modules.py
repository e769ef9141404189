"""The modules that a plugin may import, with the first sentence of their docstrings."""

from __future__ import annotations

import ast
from pathlib import Path

from docgen.section import markdown_table

SDK = Path(__file__).parents[1] / "ccm_core" / "sdk"


def table() -> str:
    """Return the table of the modules of the sdk, sorted by name."""
    modules = sorted(path for path in SDK.iterdir() if not path.name.startswith("_"))
    rows = [(f"`ccm_core.sdk.{path.stem}`", _summary(path)) for path in modules]
    return markdown_table(("module", "holds"), *rows)


def _summary(path: Path) -> str:
    source = path / "__init__.py" if path.is_dir() else path
    docstring = ast.get_docstring(ast.parse(source.read_text("utf-8"))) or ""
    sentence = docstring.split("\n\n")[0].replace("\n", " ").removesuffix(".")
    return sentence.replace(":mod:", "").replace("``", "`")
