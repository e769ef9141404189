"""Certificates and proxies: what is wrong is named at once, with its cause."""

from __future__ import annotations

import asyncio
import socket
import ssl
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from ccm_core.errors import NetworkSetupError, SourceError
from ccm_core.sdk.http import Bounds

PATIENT = Bounds(connect_timeout=5.0, read_timeout=5.0)
"""As many attempts as usual: had they been made, the test would take a minute."""


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """Make a certificate that nobody trusts, for a host that only the proxy knows."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "source.example")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName("source.example")]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp("certificate")
    public = signed.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    (folder / "ca.pem").write_bytes(public)
    (folder / "both.pem").write_bytes(public + private)
    return SimpleNamespace(ca=folder / "ca.pem", both=folder / "both.pem")


@asynccontextmanager
async def proxy(status: int, certificate=None):
    """Serve a proxy that answers CONNECT; behind it, everything is a source with a certificate."""
    served = SimpleNamespace(connections=0, port=0)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if certificate is not None:
        context.load_cert_chain(certificate.both)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        served.connections += 1
        try:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(f"HTTP/1.1 {status} Whatever\r\ncontent-length: 0\r\n\r\n".encode())
            await writer.drain()
            if certificate is not None:
                await writer.start_tls(context)
                await reader.readuntil(b"\r\n\r\n")
                head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
                writer.write(head + b"content-length: 2\r\n\r\n{}")
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    served.port = server.sockets[0].getsockname()[1]
    async with server:
        yield served


@pytest.fixture
def error_of(open_source):
    """Read one path of a source; return the error."""

    async def read() -> SourceError | None:
        try:
            async with open_source("https://source.example", bounds=PATIENT) as source:
                await source.get("/things")
        except SourceError as error:
            return error
        return None

    return read


@pytest.mark.attack(
    "Answers of the source",
    "A proxy inspects TLS with a certificate that this machine does not trust",
    "The cause and SSL_CERT_FILE are named after one attempt; nothing is sent over it",
)
def test_a_certificate_that_is_not_trusted_is_named_at_once(environment, certificate, error_of):
    """One connection, one message; with the certificate in SSL_CERT_FILE it works."""

    async def run():
        async with proxy(200, certificate) as served:
            environment(HTTPS_PROXY=f"http://127.0.0.1:{served.port}")
            refused = await error_of()
            connections = served.connections
            environment(SSL_CERT_FILE=str(certificate.ca))
            return refused, connections, await error_of()

    refused, connections, trusted = asyncio.run(run())
    assert isinstance(refused, NetworkSetupError)
    assert "the certificate of source.example is not trusted" in str(refused)
    assert "SSL_CERT_FILE" in str(refused)
    assert (connections, trusted) == (1, None)


def test_a_proxy_that_asks_for_a_user_is_named_at_once(environment, error_of):
    """The proxy is named without the password that its variable has."""

    async def run():
        async with proxy(407) as served:
            environment(HTTPS_PROXY=f"http://me:s3cret@127.0.0.1:{served.port}")
            return await error_of(), served

    refused, served = asyncio.run(run())
    assert isinstance(refused, NetworkSetupError)
    assert f"the proxy 127.0.0.1:{served.port} that HTTPS_PROXY names answered 407" in str(refused)
    assert "s3cret" not in str(refused)
    assert served.connections == 1


def test_a_proxy_that_is_not_there_is_named_at_once(environment, error_of):
    """Before the source has ever answered, this is a matter of the setup."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    environment(HTTPS_PROXY=f"http://127.0.0.1:{port}")
    refused = asyncio.run(error_of())
    assert isinstance(refused, NetworkSetupError)
    assert f"the proxy 127.0.0.1:{port} that HTTPS_PROXY names" in str(refused)


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        pytest.param({"SSL_CERT_FILE": "/no/such.pem"}, "SSL_CERT_FILE does not name", id="file"),
        pytest.param({"HTTPS_PROXY": "gopher://proxy:70"}, "the proxy proxy:70", id="scheme"),
        pytest.param({"ALL_PROXY": "socks5://proxy:1080"}, "the proxy proxy:1080", id="no SOCKS"),
    ],
)
def test_an_environment_that_cannot_be_used_is_a_plain_message(
    environment, error_of, variables, words
):
    """It is no traceback, and names the variable."""
    environment(**variables)
    refused = asyncio.run(error_of())
    assert isinstance(refused, NetworkSetupError)
    assert words in str(refused)
