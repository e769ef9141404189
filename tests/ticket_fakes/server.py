"""A ticket system on loopback: it keeps every request, and answers wrongly where it is told to."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from ticket_fakes.described import problems


@dataclass
class Received:
    """One request."""

    method: str
    path: str
    query: dict[str, str]
    body: Any
    headers: dict[str, str]


@dataclass
class Answer:
    """One answer."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    text: str | None = None
    """In place of JSON."""
    dropped: bool = False
    """The connection breaks, after the request was carried out."""


Fault = Callable[[Received], Answer | None]


class FakeSystem:
    """What every fake does: answer over a socket, check requests, and fail as it is told to."""

    descriptions = ""
    prefix = ""
    """Of the path, before that of the description."""

    def __init__(self) -> None:
        self.requests: list[Received] = []
        self.wrong: list[str] = []
        """What the vendor's description says is wrong with requests."""
        self.faults: list[Fault] = []
        """Asked before each request is answered; those that answer win."""
        self._server: ThreadingHTTPServer | None = None

    def answer(self, request: Received) -> Answer:
        """Carry out a request."""
        raise NotImplementedError

    @property
    def url(self) -> str:
        """Its address."""
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.server_port}{self.prefix}"

    @property
    def changes(self) -> list[tuple[str, str]]:
        """The requests that changed something, without the prefix of the path."""
        return [
            (request.method, request.path)
            for request in self.requests
            if request.method != "GET" and "/search" not in request.path
        ]

    def fail(self, answer: Answer, *, method: str = "", part: str = "", times: int = 1) -> None:
        """Answer wrongly to the next requests of a method whose path has a part."""
        left = [times]

        def fault(request: Received) -> Answer | None:
            if left[0] <= 0 or method not in ("", request.method) or part not in request.path:
                return None
            left[0] -= 1
            return answer

        self.faults.append(fault)

    def received(self, request: Received) -> Answer:
        """Note a request, hold it against the description, and answer."""
        self.requests.append(request)
        self.wrong += problems(
            self.descriptions, request.method, request.path, request.query, request.body
        )
        for fault in self.faults:
            answer = fault(request)
            if answer is not None:
                if answer.dropped:
                    self.answer(request)
                return answer
        return self.answer(request)

    def __enter__(self) -> Self:
        """Begin to answer."""
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # one packet for each answer

            def handle_one(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                data = self.rfile.read(length) if length else b""
                parts = urlsplit(self.path)
                answer = fake.received(
                    Received(
                        method=self.command,
                        path=parts.path.removeprefix(fake.prefix),
                        query=dict(parse_qsl(parts.query)),
                        body=json.loads(data) if data else None,
                        headers={name.lower(): value for name, value in self.headers.items()},
                    )
                )
                if answer.dropped:
                    self.close_connection = True
                    return
                text = answer.text
                if text is None:
                    text = "" if answer.body is None else json.dumps(answer.body)
                self.send_response(answer.status)
                headers = {"Content-Type": "application/json", **answer.headers}
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(text.encode())))
                self.end_headers()
                self.wfile.write(text.encode())

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_one  # noqa: N815 - names of the library

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        class Server(ThreadingHTTPServer):
            def handle_error(self, *_: object) -> None:
                """Say nothing of a client that had enough."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Answer no more."""
        assert self._server is not None
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
