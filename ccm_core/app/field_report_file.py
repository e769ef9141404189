"""The file of a field report: it replaces an earlier field report, and no other file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ccm_core.app.report_file import write_report_file
from ccm_core.errors import UsageError
from ccm_core.model.json_codec import decode, encode, plain

if TYPE_CHECKING:
    from ccm_core.pipeline.field_report.document import FieldReport

_DOCUMENT = "ccm.field-report/v1"


def require_free(path: Path) -> None:
    """Require that a field report may be written to a path, before anything is asked.

    Raises:
        UsageError: It is a folder, or a file that is no field report.
    """
    if path.is_dir():
        raise UsageError(f"--field-report {path}: this is a folder; expected the name of a file")
    if path.exists() and not _is_field_report(path):
        raise UsageError(
            f"--field-report {path}: this file exists and is no field report, so it is not "
            "replaced; name another file"
        )


def write_field_report(path: Path, report: FieldReport) -> None:
    """Write a field report, indented, so that people can read what they send.

    Raises:
        UsageError: It cannot be written there, or another file came to be there meanwhile.
    """
    import msgspec

    require_free(path)
    write_report_file(path, [msgspec.json.format(encode(plain(report)), indent=1), b"\n"])


def contents(report: FieldReport) -> str:
    """Return one line that says what is in a field report."""
    kinds = [kind for connection in report.connections for kind in connection.kinds]
    diagnoses = sum(len(connection.live.diagnoses) for connection in report.connections)
    runs = sum(len(connection.runs) for connection in report.connections)
    rules = len(report.evaluation.rules) if report.evaluation else 0
    counts = (
        (len(report.connections), "connection"),
        (diagnoses, "diagnosis"),
        (runs, "run"),
        (rules, "rule"),
        (len(kinds), "kind"),
        (sum(len(kind.samples) for kind in kinds), "redacted sample"),
    )
    return ", ".join(f"{number:,} {_plural(noun, number)}" for number, noun in counts)


def _plural(noun: str, number: int) -> str:
    if number == 1:
        return noun
    return f"{noun[:-2]}es" if noun.endswith("is") else f"{noun}s"


def _is_field_report(path: Path) -> bool:
    if not path.is_file():  # a pipe or a device, which is not read
        return False
    try:
        document: Any = decode(path.read_bytes())
    except (OSError, ValueError):
        return False
    return isinstance(document, dict) and document.get("document") == _DOCUMENT
