"""The corridor: one module for each thing that is done from end to end.

The stages do not know each other. What one needs of another is handed to it here as a value, and
collecting and judging meet only in the store. Whoever starts something (a verb, the daemon, a
worker) calls one function of this package.
"""

from __future__ import annotations

from ccm_core.pipeline.agreeing import Granted, Listen, Paste, agree
from ccm_core.pipeline.collecting import collect, collecting
from ccm_core.pipeline.connecting import check
from ccm_core.pipeline.judging import compile_rules, evaluate, rows
from ccm_core.pipeline.parties import Connection, Host
from ccm_core.pipeline.repeating import Ruling, keep, repeat
from ccm_core.pipeline.reporting import report, report_input
from ccm_core.pipeline.upcoming import upcoming

__all__ = [
    "Connection",
    "Granted",
    "Host",
    "Listen",
    "Paste",
    "Ruling",
    "agree",
    "check",
    "collect",
    "collecting",
    "compile_rules",
    "evaluate",
    "keep",
    "repeat",
    "report",
    "report_input",
    "rows",
    "upcoming",
]
