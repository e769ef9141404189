"""The console as an ASGI application: the table of routes behind one guard."""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route as StarletteRoute

from ccm_core.model import json_codec
from ccm_core.model.console.activity import ActivityKind
from ccm_core.web.access.attempts import SignInAttempts
from ccm_core.web.access.headers import POLICY, security_headers
from ccm_core.web.answers import Answer, Download, HtmlPage, Json, Redirect, ToProvider
from ccm_core.web.dispatch import answer, page_csrf, typed
from ccm_core.web.incoming import refusal, visit_of
from ccm_core.web.page_templates import render
from ccm_core.web.pages.sign_in import REFUSED
from ccm_core.web.problems import FAULT, SIGN_IN_FIRST, TOO_MANY, Problem
from ccm_core.web.routes import ROUTES
from ccm_core.web.server_state.pending_sign_ins import SIGN_IN_LIFETIME
from ccm_core.web.static_files import static_files
from ccm_core.web.visit import Visit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request

    from ccm_core.web.console import Console
    from ccm_core.web.route import Route

_LOG = logging.getLogger("ccm_core.web")
_FOREVER = "public, max-age=31536000, immutable"
_PROBLEM = "application/problem+json"


def application(console: Console, routes: Sequence[Route] = ROUTES) -> Starlette:
    """Return the console as an ASGI application."""
    attempts = SignInAttempts()
    served = [
        StarletteRoute(
            route.path, partial(_serve, console, route, attempts), methods=[route.method]
        )
        for route in routes
    ]
    files = StarletteRoute("/static/{digest}/{name}", partial(_static, console), methods=["GET"])
    return Starlette(
        routes=[*served, files],
        exception_handlers={404: partial(_nothing, console), 405: partial(_nothing, console)},
    )


async def _serve(
    console: Console, route: Route, attempts: SignInAttempts, request: Request
) -> Response:
    """Answer one request."""
    now = console.clock()
    refused = refusal(console, request)
    if refused is not None:
        return _problem(console, None, route, refused)
    asked = await visit_of(console, request, now)
    if isinstance(asked, Problem):
        return _problem(console, None, route, asked)
    visit, answered = await run_in_threadpool(answer, route, asked)
    if isinstance(answered, Redirect) and answered.path == REFUSED:
        answered = await run_in_threadpool(_refused_sign_in, attempts, visit, answered)
    return await run_in_threadpool(_answered, console, route, visit, answered)


def _refused_sign_in(
    attempts: SignInAttempts, visit: Visit, answered: Redirect
) -> Redirect | Problem:
    """Note a refused link; too many of a minute are not noted: nobody is to flood the ledger."""
    if attempts.is_exhausted(visit.now):
        return TOO_MANY
    attempts.failed(visit.now)
    visit.note(ActivityKind.SIGN_IN_REFUSED, "one-time link")
    return answered


def _answered(console: Console, route: Route, visit: Visit, answered: Answer | Problem) -> Response:
    """Return the answer; where a page cannot be made of it, that is the answer."""
    try:
        return _response(console, route, visit, answered)
    except Exception:  # noqa: BLE001 - whatever it is, the console goes on
        _LOG.exception("%s %s", route.method, route.path)
        return _problem(console, None, route, FAULT)


def _response(console: Console, route: Route, visit: Visit, answered: Answer | Problem) -> Response:
    match answered:
        case Problem():
            return _problem(console, visit, route, answered)
        case HtmlPage():
            return _page(console, visit, answered)
        case Redirect():
            return _redirect(console, answered)
        case ToProvider():
            return _to_provider(console, answered)
        case Json():
            content = json_codec.encode(answered.document)
            response = Response(content, answered.status, media_type="application/json")
            return _secured(console, response)
        case Download():
            return _download(console, answered)


def _page(console: Console, visit: Visit, page: HtmlPage) -> Response:
    content = render(visit, page, page_csrf(visit))
    response = Response(content, page.status, media_type="text/html; charset=utf-8")
    return _secured(console, response)


def _problem(console: Console, visit: Visit | None, route: Route, problem: Problem) -> Response:
    """Return a problem: a document for programs, the way to sign in, or a page."""
    if route.is_api:
        document = JSONResponse(problem.document, problem.status, media_type=_PROBLEM)
        return _secured(console, document)
    if visit is None:
        text = f"{problem.title}. {problem.detail} {problem.next_step}".strip() + "\n"
        plain = Response(text, problem.status, media_type="text/plain; charset=utf-8")
        return _secured(console, plain)
    if problem is SIGN_IN_FIRST and route.method == "GET":
        return _redirect(console, Redirect(path="/sign-in"))
    values = {"problem": problem, "fields": typed(visit.form)}
    return _page(
        console, visit, HtmlPage(template="problem.html", values=values, status=problem.status)
    )


def _redirect(console: Console, redirect: Redirect) -> Response:
    """Send somebody on, always within the console: the path is one of ours."""
    path = redirect.path
    if redirect.done:
        path += f"{'&' if '?' in path else '?'}done={quote(redirect.done)}"
    response = RedirectResponse(path, status_code=303)
    if redirect.session is not None:
        response.set_cookie(
            console.cookie,
            redirect.session,
            max_age=int(console.limits.absolute.total_seconds()) if redirect.session else 0,
            path="/",
            secure=console.secure,
            httponly=True,
            samesite="lax",
        )
        response.delete_cookie(
            console.sign_in_cookie,
            path="/",
            secure=console.secure,
            httponly=True,
            samesite="lax",
        )
    return _secured(console, response)


def _to_provider(console: Console, going: ToProvider) -> Response:
    """Send somebody to the identity provider. Of the way back the cookie is lax: it is a link."""
    response = RedirectResponse(going.url.reveal(), status_code=303)
    response.set_cookie(
        console.sign_in_cookie,
        going.browser,
        max_age=int(SIGN_IN_LIFETIME.total_seconds()),
        path="/",
        secure=console.secure,
        httponly=True,
        samesite="lax",
    )
    return _secured(console, response)


def _download(console: Console, download: Download) -> Response:
    name = quote(download.name, safe="")
    how = "inline" if download.inline else "attachment"
    response = Response(
        download.content,
        media_type=download.media_type,
        headers={"content-disposition": f"{how}; filename*=UTF-8''{name}"},
    )
    return _secured(console, response, download.policy)


async def _static(console: Console, request: Request) -> Response:
    file = static_files().get(request.path_params["name"])
    if file is None or file.digest != request.path_params["digest"]:
        return _secured(console, Response("There is no such file.\n", 404))
    response = _secured(console, Response(file.content, media_type=file.media_type))
    response.headers["cache-control"] = _FOREVER
    return response


async def _nothing(console: Console, request: Request, error: Exception) -> Response:
    """Answer what no route has: the same to everybody, so that nothing is told of routes."""
    status = getattr(error, "status_code", 404)
    if request.url.path.startswith("/api/"):
        problem = Problem(status=status, title="There is no such thing", detail="No route has it.")
        return _secured(console, JSONResponse(problem.document, status, media_type=_PROBLEM))
    problem = Problem(status=status, title="There is no such page", detail="Begin at the overview.")
    values = {"problem": problem, "fields": ()}
    visit = Visit(console=console, identity=None, now=console.clock(), path=request.url.path)
    page = HtmlPage(template="problem.html", values=values, status=status)
    return await run_in_threadpool(_page, console, visit, page)


def _secured(console: Console, response: Response, policy: str = POLICY) -> Response:
    for name, value in security_headers(secure=console.secure, policy=policy).items():
        response.headers[name] = value
    return response
