"""Compiled templates are kept beside compiled modules, and what is kept is never needed."""

from __future__ import annotations

import sys
from importlib.util import cache_from_source
from pathlib import Path

import pytest
from jinja2 import DictLoader, Environment

from ccm_core.report import template_cache
from ccm_core.report.template_cache import TemplateCache


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Return a folder for what Python compiles."""
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr(sys, "pycache_prefix", str(tmp_path))
    return tmp_path


def drawn(source):
    """Fill a template of this source as a new process would."""
    templates = Environment(
        autoescape=True, loader=DictLoader({"page": source}), bytecode_cache=TemplateCache()
    )
    return templates.get_template("page").render()


def test_a_template_is_compiled_once_for_each_source(folder):
    """One that changed is compiled again, and replaces what was kept of it."""
    assert drawn("one") == "one"
    (first,) = [path.read_bytes() for path in folder.rglob("template-*")]
    assert drawn("one") == "one"
    assert drawn("two") == "two"
    (second,) = [path.read_bytes() for path in folder.rglob("template-*")]
    assert first != second


def test_a_damaged_template_is_compiled_anew(folder):
    """What was kept may be cut off or of another version."""
    drawn("one")
    (path,) = folder.rglob("template-*")
    path.write_bytes(b"other")
    assert drawn("one") == "one"


def test_nothing_is_kept_where_nothing_can_be_written(folder):
    """A folder that is a file, as for whoever may not write there."""
    blocked = Path(cache_from_source(template_cache.__file__)).parent
    blocked.parent.mkdir(parents=True)
    blocked.write_text("")
    assert drawn("one") == "one"


def test_nothing_is_kept_where_python_keeps_nothing(folder, monkeypatch):
    """As with PYTHONDONTWRITEBYTECODE."""
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert drawn("one") == "one"
    assert list(folder.rglob("template-*")) == []
