"""What answers the calls of an assistant: for each, a store that is opened for reading."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from ccm_core.errors import CcmError, UsageError
from ccm_core.mcp.envelope import envelope, problem_envelope
from ccm_core.mcp.reading_workspace import ReadingWorkspace
from ccm_core.mcp.tool import Tool, ToolCall
from ccm_core.mcp.tools import TOOLS
from ccm_core.model.evaluation.result_scope import ResultScope
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.web.answers import NotFound
from ccm_core.web.console import CurrentWorkspace
from ccm_core.web.problems import Problem, problem_of

if TYPE_CHECKING:
    from pathlib import Path

    from ccm_core.app.ports import CallerPorts
    from ccm_core.app.workspace import Workspace
    from ccm_core.model.json_codec import JsonObject

_LOG = logging.getLogger("ccm_core.mcp")
_RULES_ALONE = ResultScope(whole=False, evidence=False)
_FAULT = Problem(
    status=500,
    title="This cannot be answered",
    detail="The server made a mistake of its own, and nothing was changed.",
)


_NOTHING = "There is no such thing"


class UnknownTool(UsageError):
    """There is no tool of that name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assistant:
    """Answers calls. It keeps neither a store nor a secret, and nothing between two calls."""

    open_workspace: Callable[[], Workspace]
    """Returns the workspace of the settings as they are now: one that reads."""
    clock: Callable[[], datetime]

    def call(self, name: str, arguments: Mapping[str, object]) -> tuple[JsonObject, bool]:
        """Return the answer of a tool, and whether it is an error.

        Raises:
            UnknownTool: There is no such tool.
        """
        tool = next((tool for tool in TOOLS if tool.name == name), None)
        if tool is None:
            raise UnknownTool(f"no such tool; there are {', '.join(one.name for one in TOOLS)}")
        try:
            return self._answer(tool, arguments), False
        except CcmError as error:
            return problem_envelope(_problem(error)), True
        except Exception:  # noqa: BLE001 - whatever it is, the server goes on
            _LOG.exception("%s", tool.name)
            return problem_envelope(_FAULT), True

    def _answer(self, tool: Tool, arguments: Mapping[str, object]) -> JsonObject:
        query = tool.read(arguments)
        workspace = self.open_workspace()
        with workspace.read_store() as store:
            call = ToolCall(
                workspace=workspace,
                store=store,
                now=self.clock(),
                evaluation=store.evaluations.latest(scope=_RULES_ALONE),
                query=query,
            )
            found = tool.answer(call)
            now_newest = store.evaluations.latest(scope=_RULES_ALONE)
        if _digest(call) != (now_newest.digest if now_newest else None):
            raise UsageError("evidence was evaluated in the meantime; ask again")
        return envelope(call, found)


def assistant_of(settings: Path, ports: CallerPorts, clock: Callable[[], datetime]) -> Assistant:
    """Return what answers assistants from a store, without any way to write to it.

    Args:
        settings: The settings file; it is read again once it has changed.
        ports: Where messages go.
        clock: What says which moment it is.

    Raises:
        UsageError: The settings have mistakes; every one is listed.
    """
    workspaces = CurrentWorkspace(settings, partial(ReadingWorkspace.open, settings, ports))
    return Assistant(open_workspace=workspaces.get, clock=clock)


def _problem(error: CcmError) -> Problem:
    problem = problem_of(error)
    return replace(problem, title=_NOTHING) if isinstance(error, NotFound) else problem


def _digest(call: ToolCall) -> str | None:
    return call.evaluation.digest if call.evaluation else None
