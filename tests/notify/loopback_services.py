"""Services on loopback that stand for Slack, Teams and a mail server: they keep what is sent."""

from __future__ import annotations

import email
import email.policy
import json
import socketserver
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from threading import Thread

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@contextmanager
def serving(server) -> Iterator[int]:
    """Serve in a thread; yield the port."""
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def tls_context(folder: Path) -> ssl.SSLContext:
    """Make a certificate for loopback, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "loopback")])
    addresses = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(addresses, critical=False)
        .sign(key, hashes.SHA256())
    )
    file = folder / "loopback.pem"
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


class _Posts(BaseHTTPRequestHandler):
    """Keeps posted JSON, and is the proxy of any host by ending the tunnel itself."""

    protocol_version = "HTTP/1.1"
    posts: list[tuple[str, str, dict]]
    context: ssl.SSLContext

    def do_CONNECT(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.connection = self.context.wrap_socket(self.connection, server_side=True)
        self.rfile = self.connection.makefile("rb")
        self.wfile = self.connection.makefile("wb", buffering=0)
        self.close_connection = False

    def finish(self) -> None:
        """Close what a tunnel was wrapped in, too."""
        super().finish()
        self.connection.close()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.posts.append((self.headers["Host"], self.path, json.loads(body)))
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_: object) -> None:
        """Log nothing."""


@contextmanager
def web_service(context: ssl.SSLContext, *, is_proxy: bool = False) -> Iterator[tuple[int, list]]:
    """Accept posted JSON over TLS; yield the port and the posts: host, path, document.

    Args:
        context: The certificate.
        is_proxy: Whether it is asked for other hosts, in the clear.
    """
    posts: list[tuple[str, str, dict]] = []
    handler = type("Handler", (_Posts,), {"posts": posts, "context": context})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    if not is_proxy:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    with serving(server) as port:
        yield port, posts


@contextmanager
def mail_server() -> Iterator[tuple[int, list]]:
    """Accept mails; yield the port and the mails."""
    mails: list[email.message.EmailMessage] = []

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.answer("220 loopback")
            for line in iter(self.rfile.readline, b""):
                verb = line[:4].upper()
                if verb == b"DATA":
                    self.answer("354 go on")
                    lines = list(iter(self.rfile.readline, b".\r\n"))
                    text = b"".join(text.removeprefix(b".") for text in lines)
                    mails.append(email.message_from_bytes(text, policy=email.policy.default))
                self.answer("221 bye" if verb == b"QUIT" else "250 ok")

        def answer(self, text: str) -> None:
            """Send one line."""
            self.wfile.write(f"{text}\r\n".encode())

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    with serving(server) as port:
        yield port, mails
