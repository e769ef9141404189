"""The corridor: one module for each thing that is done from end to end.

The stages do not know each other. What one needs of another is handed to it here as a value, and
collecting and judging meet only in the store. Whoever starts something (a verb, the daemon, a
worker) calls one function of this package.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from ccm_core.pipeline.collecting import collect, collecting
from ccm_core.pipeline.connecting import check
from ccm_core.pipeline.parties import Connection, Host
from ccm_core.pipeline.upcoming import upcoming

if TYPE_CHECKING:
    from ccm_core.pipeline.agreeing import Granted, Listen, Paste, agree
    from ccm_core.pipeline.assuring import assure
    from ccm_core.pipeline.diagnosing import Check, ConnectionCheck, diagnose
    from ccm_core.pipeline.explaining import explain
    from ccm_core.pipeline.following import all_findings, finding_history
    from ccm_core.pipeline.held import Recall
    from ccm_core.pipeline.judging import compile_rules, evaluate, rows
    from ccm_core.pipeline.mutating import mutate_evidence
    from ccm_core.pipeline.repeating import Ruling, keep, repeat
    from ccm_core.pipeline.reporting import report, report_input
    from ccm_core.pipeline.spanning import period_input

_LATER = {
    "Check": "diagnosing",
    "ConnectionCheck": "diagnosing",
    "Granted": "agreeing",
    "Listen": "agreeing",
    "Paste": "agreeing",
    "Recall": "held",
    "Ruling": "repeating",
    "agree": "agreeing",
    "assure": "assuring",
    "compile_rules": "judging",
    "evaluate": "judging",
    "diagnose": "diagnosing",
    "explain": "explaining",
    "all_findings": "following",
    "finding_history": "following",
    "keep": "repeating",
    "mutate_evidence": "mutating",
    "repeat": "repeating",
    "report": "reporting",
    "report_input": "reporting",
    "period_input": "spanning",
    "rows": "judging",
}
"""What is imported when it is asked for: who only collects needs no rules, reports or grants."""

__all__ = [
    "Check",
    "Connection",
    "ConnectionCheck",
    "Granted",
    "Host",
    "Listen",
    "Paste",
    "Recall",
    "Ruling",
    "agree",
    "all_findings",
    "assure",
    "check",
    "collect",
    "collecting",
    "compile_rules",
    "diagnose",
    "evaluate",
    "explain",
    "finding_history",
    "keep",
    "mutate_evidence",
    "period_input",
    "repeat",
    "report",
    "report_input",
    "rows",
    "upcoming",
]


def __getattr__(name: str) -> Any:
    """Import what judges and reports."""
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_LATER[name]}"), name)
