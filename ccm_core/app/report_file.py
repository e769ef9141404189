"""Report files: written beside their final name first, so that no reader sees half of one."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from ccm_core.atomic_write import owner_only
from ccm_core.errors import UsageError

if TYPE_CHECKING:
    from ccm_core.model.evaluation.result import StoredEvaluation
    from ccm_core.pipeline.context import Host
    from ccm_core.pipeline.findings.reported import FindingsOf
    from ccm_core.store.interface.evidence_store import EvidenceStore


def write_evaluation_report(
    host: Host,
    store: EvidenceStore,
    evaluation: StoredEvaluation,
    path: Path,
    findings: FindingsOf,
    frameworks: Sequence[str] = (),
) -> None:
    """Write the page of a stored evaluation, with the frameworks that are shown; none: all.

    Raises:
        UsageError: It cannot be written there.
    """
    from ccm_core.pipeline.report import report
    from ccm_core.report.registry import FORMATS

    page = report(host, store, evaluation, FORMATS["html"], findings, frameworks)
    write_report_file(path, page)


def write_report_file(path: Path, content: Iterable[bytes]) -> None:
    """Write a report, piece by piece, and make its folder where there is none.

    A new one is readable by its owner alone, since it names people; one that is replaced keeps its
    mode.

    Raises:
        UsageError: It cannot be written there.
    """
    write_report_files([(path, content)])


def write_report_files(reports: Sequence[tuple[Path, Iterable[bytes]]]) -> None:
    """Write several reports: all of them, or none where one cannot be made or written.

    Raises:
        UsageError: One cannot be written where it is to go.
    """
    with ExitStack() as staged:
        temporary = [staged.enter_context(_staged(path, content)) for path, content in reports]
        for (path, _), file in zip(reports, temporary, strict=True):
            with _named(path):
                if path.exists():
                    file.chmod(path.stat().st_mode & 0o777)
                file.replace(path)


@contextmanager
def _staged(path: Path, content: Iterable[bytes]) -> Iterator[Path]:
    """Write a report beside its final name; what is still there in the end is removed."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with _named(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            with open(temporary, "wb", opener=owner_only) as file:
                file.writelines(content)
        yield temporary
    finally:
        with suppress(OSError):
            temporary.unlink()


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Name the report where it cannot be written."""
    try:
        yield
    except OSError as cause:
        raise UsageError(f"the report cannot be written to {path}: {cause.strerror}") from cause
