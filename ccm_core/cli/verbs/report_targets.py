"""Where each format of a report goes: what ``--format`` and ``-o`` say together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from ccm_core.errors import UsageError
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.report.period.registry import PERIOD_FORMATS
from ccm_core.report.registry import EXTENSIONS


@dataclass(frozen=True, slots=True, kw_only=True)
class FormatChoice:
    """The formats to choose from."""

    extensions: Mapping[str, str]
    """By name."""
    default: str
    """Where neither a name nor the extension of a file says which."""
    stem: str
    """Files without a name are called ``STEM.html`` and so on."""


REPORT = FormatChoice(
    extensions=EXTENSIONS,
    default="text",
    stem="ccm-report",
)
PERIOD = FormatChoice(
    extensions={form.name: form.extension for form in PERIOD_FORMATS.values()},
    default="markdown",
    stem="ccm-period",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportTarget:
    """One format, and where it goes."""

    form: str
    path: Path | None
    """None: standard output."""


def report_targets(
    formats: Sequence[str], output: str | None, choice: FormatChoice = REPORT
) -> tuple[ReportTarget, ...]:
    """Decide where each format goes.

    Args:
        formats: ``NAME`` or ``NAME=FILE``, as often as there are formats; none: the one of the
            output file's extension, else the default.
        output: A file where one format has no file of its own; a folder, which is made, where
            several have none.
        choice: The formats to choose from.

    Raises:
        UsageError: A format is unknown, or it is not clear where one goes.
    """
    pairs = [_split(text, choice) for text in formats] or [(_guess(output, choice), None)]
    unnamed = [name for name, path in pairs if path is None]
    if len(unnamed) > 1 and output is None:
        raise UsageError(
            f"--format {' and '.join(unnamed)}: say where each goes, as --format NAME=FILE, or "
            "name a folder for all of them with -o"
        )
    if output is not None and not unnamed:
        raise UsageError(f"-o {output}: every format names its file already; leave -o out")
    is_single = len(unnamed) == 1
    targets = tuple(
        ReportTarget(form=name, path=path or _path(name, output, choice, single=is_single))
        for name, path in pairs
    )
    _refuse_clashes(targets)
    return targets


def _split(text: str, choice: FormatChoice) -> tuple[str, Path | None]:
    name, equals, path = text.partition("=")
    if name not in choice.extensions:
        expected = ", ".join(sorted(choice.extensions))
        raise UsageError(f"--format {text}: no such format; expected one of {expected}")
    if equals and not path:
        raise UsageError(f"--format {text}: name a file after the equals sign")
    return name, Path(path) if equals else None


def _guess(output: str | None, choice: FormatChoice) -> str:
    name = Path(output or "").name.lower()
    longest_first = sorted(choice.extensions.items(), key=lambda pair: -len(pair[1]))
    matches = (form for form, extension in longest_first if name.endswith(f".{extension}"))
    return next(matches, choice.default)


def _path(name: str, output: str | None, choice: FormatChoice, *, single: bool) -> Path | None:
    if output is None:
        return None
    is_folder = not single or output.endswith(("/", "\\")) or Path(output).is_dir()
    file = f"{choice.stem}.{choice.extensions[name]}"
    return Path(output) / file if is_folder else Path(output)


def _refuse_clashes(targets: Sequence[ReportTarget]) -> None:
    owners: dict[Path | None, str] = {}
    for target in targets:
        if target.path in owners:
            path = target.path or "standard output"
            raise UsageError(f"{owners[target.path]} and {target.form} would both go to {path}")
        owners[target.path] = target.form
