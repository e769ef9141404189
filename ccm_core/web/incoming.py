"""What comes in: refused before anybody reads it where it cannot be meant for this console."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from starlette.formparsers import MultiPartException

from ccm_core.model.console.session import CredentialKind
from ccm_core.model.frozen_json import FrozenDict
from ccm_core.web.problems import OTHER_HOST, OTHER_ORIGIN, TOO_LARGE, Problem
from ccm_core.web.visit import Visit

if TYPE_CHECKING:
    from starlette.requests import Request

    from ccm_core.web.console import Console

MOST_BYTES = 25 * 1024 * 1024
"""Of a request, with the file that it uploads."""
_MOST_FIELDS = 2_000
_MOST_FILES = 4
_BAD_FORM = Problem(
    status=400, title="This form cannot be read", detail="It is not one that a browser sends."
)
_SAFE = frozenset({"GET", "HEAD"})


def refusal(console: Console, request: Request) -> Problem | None:
    """Return why a request is not heard: another name was asked for, or it came from elsewhere.

    What changes something has to name this console as its origin: browsers always do, and a page of
    another origin cannot. A page that names a host of its own for our address is refused by Host.
    """
    if request.headers.get("host", "").lower() not in console.hosts:
        return OTHER_HOST
    if request.method in _SAFE:
        return None
    if request.headers.get("origin") != console.origin:
        return OTHER_ORIGIN
    return None


async def visit_of(console: Console, request: Request, now: datetime) -> Visit | Problem:
    """Read a request; a form that is too large, or none that can be read, is a problem."""
    form: Mapping[str, Sequence[str]] = FrozenDict()
    if request.method not in _SAFE:
        read = await _form(request)
        if isinstance(read, Problem):
            return read
        form = read
    secret, kind = _credential(console, request)
    return Visit(
        console=console,
        identity=None,
        now=now,
        path=request.url.path,
        parts=FrozenDict(request.path_params),
        query=_values(request.query_params.multi_items()),
        form=form,
        secret=secret,
        browser=request.cookies.get(console.sign_in_cookie, ""),
        kind=kind,
    )


def _credential(console: Console, request: Request) -> tuple[str, CredentialKind]:
    """Return the secret of a request: a program's token, else the cookie of a browser."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return token.strip(), CredentialKind.TOKEN
    return request.cookies.get(console.cookie, ""), CredentialKind.COOKIE


async def _form(request: Request) -> Mapping[str, Sequence[str]] | Problem:
    """Read the texts of a form; no page takes files, so those that are sent are left out."""
    length = request.headers.get("content-length", "")
    if not length.isascii() or not length.isdigit() or int(length) > MOST_BYTES:
        return TOO_LARGE
    try:
        async with request.form(
            max_files=_MOST_FILES, max_fields=_MOST_FIELDS, max_part_size=MOST_BYTES
        ) as form:
            return _values(
                [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
            )
    except (MultiPartException, UnicodeDecodeError, ValueError):
        return _BAD_FORM


def _values(pairs: Sequence[tuple[str, str]]) -> Mapping[str, Sequence[str]]:
    values: dict[str, tuple[str, ...]] = {}
    for name, value in pairs:
        values[name] = (*values.get(name, ()), value)
    return FrozenDict(values)
