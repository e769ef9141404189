"""Calls of a plugin's code: whatever it raises becomes one message, and what it prints is kept out.

The message names the plugin, what was called, the file and the line. A plugin cannot end the
process, and cannot claim of the host's evidence what only the host can know.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable
from contextvars import ContextVar, Token
from types import CodeType, TracebackType
from typing import Any

from ccm_core.errors import CcmError, PluginFault, SourceError, UsageError
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.sdk.secret import blank, without_secrets

in_plugin: ContextVar[bool] = ContextVar("in_plugin", default=False)
"""Whether a plugin's code runs: what is printed then goes to standard error."""

_PASSED = (KeyboardInterrupt, StopIteration, StopAsyncIteration)
_LONGEST = 500
"""How many characters of an exception's own text are shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginCall:
    """A part of a plugin that the host calls."""

    plugin: str
    """``plugin acme (distribution ccm-acme 1.0)``"""
    package: str
    """The package its code is in."""
    part: str
    """What is called: ``view acme.watch``."""
    may_raise: tuple[type[Exception], ...] = ()
    """What it raises on purpose."""

    def fault(self, cause: BaseException, code: CodeType | None = None) -> PluginFault:
        """Return the fault of what it raised.

        Args:
            cause: What it raised.
            code: Where it begins, for a fault that is found in what it returned.
        """
        text = " ".join(blank(f"{type(cause).__name__}: {text_of(cause)}").rstrip(": ").split())
        text = text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."
        place = place_of_fault(cause, self.package)
        if place is None and code is not None:
            place = _place_of(code, self.package)
        where = f" ({place})" if place else ""
        fault = PluginFault(f"{self.plugin}: {self.part} broke: {text}{where}")
        fault.trace = blank("".join(traceback.format_exception(cause)))
        logging.getLogger(__name__).debug("%s", fault.trace)
        return fault


class Guard:
    """A context in which a plugin's code runs."""

    __slots__ = ("_call", "_code", "_token")

    def __init__(self, call: PluginCall, code: CodeType | None = None) -> None:
        """Guard one call."""
        self._call, self._code = call, code
        self._token: Token[bool] | None = None

    def __enter__(self) -> None:
        """Note that a plugin's code runs."""
        self._token = in_plugin.set(True)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        """Turn what was raised into a fault, unless it is to be raised.

        Raises:
            PluginFault: The plugin broke.
        """
        if self._token is not None:
            in_plugin.reset(self._token)
        if error is not None and not self._passes(error):
            raise self._call.fault(error, self._code) from None
        if isinstance(error, CcmError):
            error.args = tuple(map(without_secrets, error.args))

    def _passes(self, error: BaseException) -> bool:
        if isinstance(error, (*_PASSED, PluginFault, *self._call.may_raise)):
            return True
        if _is_cancellation(error):
            return _is_cancelled()
        return isinstance(error, CcmError) and _raised_by_host(error)


def guarded(
    call: PluginCall, function: Callable[..., Any], check: Callable[[Any], Any] | None = None
) -> Callable[..., Any]:
    """Return a function of a plugin that is guarded.

    Args:
        call: What it is.
        function: The function.
        check: Takes what it returned, and returns what is to be used. Raises TypeError.
    """
    code = getattr(function, "__code__", None)

    def call_plugin(*arguments: Any, **keywords: Any) -> Any:
        with Guard(call, code):
            returned = function(*arguments, **keywords)
            return returned if check is None else check(returned)

    return call_plugin


def guarded_coroutine(
    call: PluginCall, function: Callable[..., Any], check: Callable[[Any], Any]
) -> Callable[..., Any]:
    """Return a coroutine function of a plugin that is guarded."""
    code = getattr(function, "__code__", None)

    async def call_plugin(*arguments: Any, **keywords: Any) -> Any:
        with Guard(call, code):
            return without_secrets(check(await function(*arguments, **keywords)))

    return call_plugin


SESSION_ERRORS = (SourceError, UsageError)
"""What may be raised by code that talks to a source."""


def _is_cancellation(error: BaseException) -> bool:
    import asyncio  # slow to import, and needed where something was raised

    return isinstance(error, asyncio.CancelledError)


def _is_cancelled() -> bool:
    """Whether the host cancelled the task, rather than the plugin raising that by itself."""
    import asyncio

    try:
        task = asyncio.current_task()
    except RuntimeError:
        return False
    return task is not None and task.cancelling() > 0


def _raised_by_host(error: BaseException) -> bool:
    frames = list(traceback.walk_tb(error.__traceback__))
    return bool(frames) and frames[-1][0].f_globals.get("__name__", "").startswith("ccm_core.")


def text_of(cause: BaseException) -> str:
    """Return what an exception says of itself."""
    try:
        return str(cause)
    except Exception:  # noqa: BLE001 - a plugin's exception may be as broken as the plugin
        return "its text cannot be read"


def place_of_fault(cause: BaseException, package: str) -> str | None:
    """Return the file and line of the plugin's innermost frame, below its package."""
    place = None
    for frame, line in traceback.walk_tb(cause.__traceback__):
        if frame.f_globals.get("__name__", "").partition(".")[0] == package:
            place = f"{_below(frame.f_code.co_filename, package)}:{line}"
    return place


def _place_of(code: CodeType, package: str) -> str:
    return f"{_below(code.co_filename, package)}:{code.co_firstlineno}"


def _below(path: str, package: str) -> str:
    """Return a path from its package on: the same on every machine."""
    parts = path.replace("\\", "/").split("/")
    return "/".join(parts[parts.index(package) :]) if package in parts else parts[-1]
