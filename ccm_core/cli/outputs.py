"""Where each format of a report goes: what ``--format`` and ``-o`` say together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ccm_core.errors import UsageError
from ccm_core.report.formats import FORMATS

STEM = "ccm-report"
"""Files that are not named are called ``ccm-report.html`` and so on."""
_BY_EXTENSION = sorted(FORMATS.values(), key=lambda one: -len(one.extension))


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """One format, and where it goes."""

    form: str
    path: Path | None
    """None: standard output."""


def outputs(wanted: Sequence[str], output: str | None) -> tuple[Output, ...]:
    """Decide where each format goes.

    Args:
        wanted: ``NAME`` or ``NAME=FILE``, as often as there are formats; none: what the ending of
            the output file says, else text.
        output: A file where one format has no file of its own; a folder, which is made, where
            several have none.

    Raises:
        UsageError: A format is unknown, or it does not follow where one goes.
    """
    pairs = [_pair(one) for one in wanted] or [(_guessed(output), None)]
    unnamed = [name for name, path in pairs if path is None]
    if len(unnamed) > 1 and output is None:
        raise UsageError(
            f"--format {' and '.join(unnamed)}: say where each goes, as --format NAME=FILE, or "
            "name a folder for all of them with -o"
        )
    if output is not None and not unnamed:
        raise UsageError(f"-o {output}: every format names its file already; leave -o out")
    placed = tuple(
        Output(form=name, path=path or _place(name, output, single=len(unnamed) == 1))
        for name, path in pairs
    )
    _refuse_clashes(placed)
    return placed


def _pair(text: str) -> tuple[str, Path | None]:
    name, equals, path = text.partition("=")
    if name not in FORMATS:
        raise UsageError(
            f"--format {text}: no such format; choose among {', '.join(sorted(FORMATS))}"
        )
    if equals and not path:
        raise UsageError(f"--format {text}: name a file after the equals sign")
    return name, Path(path) if equals else None


def _guessed(output: str | None) -> str:
    name = Path(output or "").name.lower()
    found = (one.name for one in _BY_EXTENSION if name.endswith(f".{one.extension}"))
    return next(found, "text")


def _place(name: str, output: str | None, *, single: bool) -> Path | None:
    if output is None:
        return None
    folder = not single or output.endswith(("/", "\\")) or Path(output).is_dir()
    return Path(output) / f"{STEM}.{FORMATS[name].extension}" if folder else Path(output)


def _refuse_clashes(placed: Sequence[Output]) -> None:
    owners: dict[Path | None, str] = {}
    for one in placed:
        if one.path in owners:
            where = one.path or "standard output"
            raise UsageError(f"{owners[one.path]} and {one.form} would both go to {where}")
        owners[one.path] = one.form
