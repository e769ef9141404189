"""Exit codes, and which of several problems decides.

==== ===========================================================
code meaning
==== ===========================================================
0    all well
1    rules fail
2    usage, settings, plugins or the store need mending
3    evidence is insufficient or partial, so nothing is proven
4    a source could not be reached, or refused the credential
5    stored evidence is not what was stored
130  stopped by hand
==== ===========================================================

The more serious one decides, in the order 2, 5, 4, 3, 1.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum

from ccm_core.errors import CcmError, IntegrityError, SourceError


class Exit(IntEnum):
    """What the process ends with."""

    WELL = 0
    RULES_FAIL = 1
    USAGE = 2
    INSUFFICIENT = 3
    SOURCE = 4
    INTEGRITY = 5
    STOPPED = 130


_GRAVEST_FIRST = (
    Exit.USAGE,
    Exit.INTEGRITY,
    Exit.SOURCE,
    Exit.INSUFFICIENT,
    Exit.RULES_FAIL,
    Exit.OK,
)


def gravest(codes: Iterable[Exit]) -> Exit:
    """Give the code that decides among several."""
    return min(codes, key=_GRAVEST_FIRST.index, default=Exit.OK)


def of_error(error: CcmError) -> Exit:
    """Give the code for an error that ended a command."""
    if isinstance(error, IntegrityError):
        return Exit.INTEGRITY
    return Exit.SOURCE if isinstance(error, SourceError) else Exit.USAGE
