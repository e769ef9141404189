"""A route: a path and method, what it needs, and the function that answers."""

from __future__ import annotations

from collections.abc import Callable

from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.web.access.roles import Permission
from ccm_core.web.answers import Answer
from ccm_core.web.visit import Visit


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One row of the table of routes."""

    method: str
    """``GET`` or ``POST``."""
    path: str
    """Parts in braces are handed to the function: ``/findings/{finding}``."""
    permission: Permission
    answer: Callable[[Visit], Answer]
    """Called in a thread of its own; it may read and write the store."""

    @property
    def is_api(self) -> bool:
        """Whether it answers with documents, and its errors are documents too."""
        return self.path.startswith("/api/")


def get(path: str, permission: Permission, answer: Callable[[Visit], Answer]) -> Route:
    """Return a route that reads."""
    return Route(method="GET", path=path, permission=permission, answer=answer)


def post(path: str, permission: Permission, answer: Callable[[Visit], Answer]) -> Route:
    """Return a route that does something: its form carries the session's token."""
    return Route(method="POST", path=path, permission=permission, answer=answer)
