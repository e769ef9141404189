"""What a page function answers: a page, a way on, a file, or a document."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from ccm_core.errors import UsageError
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.frozen_json import FrozenDict
from ccm_core.sdk.secret import Secret
from ccm_core.web.access.headers import POLICY


@dataclass(frozen=True, slots=True, kw_only=True)
class HtmlPage:
    """A template with its variables."""

    template: str
    values: Mapping[str, Any] = field(default_factory=FrozenDict)
    status: int = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Redirect:
    """Another page of the console, after something was done: what it says is found there."""

    path: str
    done: str = ""
    """A key of the messages in ``templates/console/done.html``."""
    session: str | None = None
    """The secret of a session that begins; empty: the one that there is ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """A file."""

    content: bytes
    name: str
    media_type: str
    inline: bool = False
    policy: str = POLICY
    """What a browser may do with it where it is shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Json:
    """A document for programs."""

    document: Any
    status: int = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class ToProvider:
    """The page of the identity provider, by which somebody signs in."""

    url: Secret
    """With a state that counts once."""
    browser: str = field(repr=False)
    """The secret of a cookie: the answer counts in this browser alone."""


Answer = HtmlPage | Redirect | ToProvider | Download | Json


class NotFound(UsageError):
    """There is no such thing; the message says which."""
