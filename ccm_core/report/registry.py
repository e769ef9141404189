"""Every report format by name. A format, and what it needs, is imported when it is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ccm_core.report.types import ReportFormat

_FORMATS = MappingProxyType(
    {
        "csv": ("csv", "csv", "CsvReport"),
        "html": ("html", "html", "HtmlReport"),
        "json": ("json", "json", "JsonReport"),
        "junit": ("xml", "junit", "JunitReport"),
        "markdown": ("md", "markdown", "MarkdownReport"),
        "ocsf": ("ocsf.jsonl", "ocsf", "OcsfReport"),
        "oscal": ("oscal.json", "oscal.document", "OscalReport"),
        "sarif": ("sarif", "sarif", "SarifReport"),
        "text": ("txt", "terminal_summary", "TextReport"),
    }
)
"""By name: the extension of files, the module, and the class in it."""


class _Formats(Mapping[str, "ReportFormat"]):
    """The formats, each imported when it is looked up."""

    def __getitem__(self, name: str) -> ReportFormat:
        """Return a format; looking it up again returns an equal one."""
        _, module, of_format = _FORMATS[name]
        made: ReportFormat = getattr(
            import_module(f"ccm_core.report.formats.{module}"), of_format
        )()
        return made

    def __iter__(self) -> Iterator[str]:
        """Yield the names; none is imported."""
        return iter(_FORMATS)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(_FORMATS)


FORMATS: Mapping[str, ReportFormat] = _Formats()
"""As in ``ccm report --format NAME``."""

EXTENSIONS: Mapping[str, str] = MappingProxyType(
    {name: extension for name, (extension, *_) in _FORMATS.items()}
)
"""Of files, by the name of the format, without importing it."""
