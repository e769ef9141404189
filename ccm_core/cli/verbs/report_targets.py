"""Where each format of a report goes: what ``--format`` and ``-o`` say together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ccm_core.errors import UsageError
from ccm_core.report.period.registry import PERIOD_FORMATS
from ccm_core.report.registry import FORMATS


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The formats to choose from."""

    extensions: Mapping[str, str]
    """By name."""
    default: str
    """Where neither a name nor the ending of a file says which."""
    stem: str
    """Files that are not named are called ``STEM.html`` and so on."""


REPORT = Choice(
    extensions={one.name: one.extension for one in FORMATS.values()},
    default="text",
    stem="ccm-report",
)
PERIOD = Choice(
    extensions={one.name: one.extension for one in PERIOD_FORMATS.values()},
    default="markdown",
    stem="ccm-period",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """One format, and where it goes."""

    form: str
    path: Path | None
    """None: standard output."""


def outputs(
    wanted: Sequence[str], output: str | None, choice: Choice = REPORT
) -> tuple[Output, ...]:
    """Decide where each format goes.

    Args:
        wanted: ``NAME`` or ``NAME=FILE``, as often as there are formats; none: what the ending of
            the output file says, else the default.
        output: A file where one format has no file of its own; a folder, which is made, where
            several have none.
        choice: The formats to choose from.

    Raises:
        UsageError: A format is unknown, or it does not follow where one goes.
    """
    pairs = [_pair(one, choice) for one in wanted] or [(_guessed(output, choice), None)]
    unnamed = [name for name, path in pairs if path is None]
    if len(unnamed) > 1 and output is None:
        raise UsageError(
            f"--format {' and '.join(unnamed)}: say where each goes, as --format NAME=FILE, or "
            "name a folder for all of them with -o"
        )
    if output is not None and not unnamed:
        raise UsageError(f"-o {output}: every format names its file already; leave -o out")
    placed = tuple(
        Output(form=name, path=path or _place(name, output, choice, single=len(unnamed) == 1))
        for name, path in pairs
    )
    _refuse_clashes(placed)
    return placed


def _pair(text: str, choice: Choice) -> tuple[str, Path | None]:
    name, equals, path = text.partition("=")
    if name not in choice.extensions:
        there = ", ".join(sorted(choice.extensions))
        raise UsageError(f"--format {text}: no such format; choose among {there}")
    if equals and not path:
        raise UsageError(f"--format {text}: name a file after the equals sign")
    return name, Path(path) if equals else None


def _guessed(output: str | None, choice: Choice) -> str:
    name = Path(output or "").name.lower()
    longest_first = sorted(choice.extensions.items(), key=lambda one: -len(one[1]))
    found = (one for one, extension in longest_first if name.endswith(f".{extension}"))
    return next(found, choice.default)


def _place(name: str, output: str | None, choice: Choice, *, single: bool) -> Path | None:
    if output is None:
        return None
    folder = not single or output.endswith(("/", "\\")) or Path(output).is_dir()
    file = f"{choice.stem}.{choice.extensions[name]}"
    return Path(output) / file if folder else Path(output)


def _refuse_clashes(placed: Sequence[Output]) -> None:
    owners: dict[Path | None, str] = {}
    for one in placed:
        if one.path in owners:
            where = one.path or "standard output"
            raise UsageError(f"{owners[one.path]} and {one.form} would both go to {where}")
        owners[one.path] = one.form
