"""Faults of code, ours or a plugin's: one message, a traceback on demand, and a clean output."""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO, cast

from ccm_core.errors import CcmError
from ccm_core.plugins.guard import in_plugin, text_of

_LOGGER = logging.getLogger("ccm_core")


class _HostOutput:
    """Standard output of the host; what a plugin prints goes to standard error.

    What the host prints may be read by a program, and a line of a plugin would damage it.
    """

    def __init__(self, output: TextIO) -> None:
        self._output = output

    def write(self, text: str) -> int:
        """Write a text where whoever runs may write it."""
        return (sys.stderr if in_plugin.get() else self._output).write(text)

    def __getattr__(self, name: str) -> Any:
        """Return everything else of standard output."""
        return getattr(self._output, name)


@contextmanager
def plugins_print_to_stderr() -> Iterator[None]:
    """Keep what plugins print out of standard output."""
    output = sys.stdout
    sys.stdout = cast("TextIO", _HostOutput(output))
    try:
        yield
    finally:
        sys.stdout = output


def show_tracebacks() -> None:
    """Write tracebacks to standard error from now on."""
    _LOGGER.addHandler(logging.StreamHandler(sys.stderr))
    _LOGGER.setLevel(logging.DEBUG)


@contextmanager
def tracebacks_on_demand() -> Iterator[None]:
    """Leave the logging of the process as it was, whatever was shown meanwhile."""
    handlers, level = list(_LOGGER.handlers), _LOGGER.level
    try:
        yield
    finally:
        _LOGGER.handlers[:] = handlers
        _LOGGER.setLevel(level)


def log_traceback(error: BaseException) -> None:
    """Log where an error comes from, for ``--debug``."""
    trace = error.trace if isinstance(error, CcmError) else None
    _LOGGER.debug("%s", trace or "".join(traceback.format_exception(error)))


def fault_message(fault: BaseException) -> str:
    """Return what to tell of an exception that nobody raised on purpose."""
    frames = traceback.extract_tb(fault.__traceback__)
    place = f" ({frames[-1].filename}:{frames[-1].lineno})" if frames else ""
    text = " ".join(f"{type(fault).__name__}: {text_of(fault)}".rstrip(": ").split())
    return (
        f"ccm stopped at a fault in its code or a plugin's: {text}{place}. Nothing was concluded. "
        "`ccm --debug` with the same command shows the traceback; please report it"
    )
