"""Report files: written beside their final name first, so that no reader sees half of one."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from ccm_core.atomic_write import owner_only
from ccm_core.errors import UsageError

if TYPE_CHECKING:
    from ccm_core.model.evaluation.result import StoredEvaluation
    from ccm_core.pipeline.context import Host
    from ccm_core.store.interface.evidence_store import EvidenceStore


def write_evaluation_report(
    host: Host, store: EvidenceStore, evaluation: StoredEvaluation, path: Path, form: str = "html"
) -> None:
    """Write the report of a stored evaluation.

    Raises:
        UsageError: It cannot be written there.
    """
    from ccm_core.pipeline.report import report
    from ccm_core.report.registry import FORMATS

    write_report_file(path, report(host, store, evaluation, FORMATS[form]))


def write_report_file(path: Path, content: bytes) -> None:
    """Write a report, and make its folder where there is none.

    A new one is readable by its owner alone, since it names people; one that is replaced keeps its
    mode.

    Raises:
        UsageError: It cannot be written there.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(temporary, "wb", opener=owner_only) as file:
            file.write(content)
        if path.exists():
            temporary.chmod(path.stat().st_mode & 0o777)
        temporary.replace(path)
    except OSError as cause:
        with suppress(OSError):
            temporary.unlink()
        raise UsageError(f"the report cannot be written to {path}: {cause.strerror}") from cause
