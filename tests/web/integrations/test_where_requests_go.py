"""No page sends a request where somebody types: to the vendor, or where the operator allows it."""

from __future__ import annotations

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccm_core.web.integrations.allowed_hosts import AllowedHosts

HOSTS = AllowedHosts(
    vendor=("api.vendor.example", "*.cloud.vendor.example"),
    operator=frozenset({("proxy.intern.example", 8443), ("127.0.0.1", 8500)}),
)
PUBLIC = ["93.184.215.14"]


@pytest.mark.parametrize(
    "url",
    [
        "https://api.vendor.example",
        "https://api.vendor.example/v2",
        "https://API.VENDOR.EXAMPLE:443/",
        "https://api.vendor.example./",
        "https://acme.cloud.vendor.example",
        "https://proxy.intern.example:8443/path",
        "http://127.0.0.1:8500",
    ],
)
def test_the_vendors_hosts_and_the_operators_are_allowed(url):
    """By name and port; the operator's at any address."""
    assert list(HOSTS.mistakes([url], lambda _host, _port: PUBLIC)) == []


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://169.254.169.254/latest/meta-data/", "not the vendor's"),
        ("http://127.0.0.1:8501", "not the vendor's"),
        ("http://localhost:8500", "not the vendor's"),
        ("http://2130706433:8500/", "not the vendor's"),
        ("http://[::1]:8500/", "not the vendor's"),
        ("http://[::ffff:127.0.0.1]:8500/", "not the vendor's"),
        ("https://evil.example/", "not the vendor's"),
        ("https://api.vendor.example.evil.example/", "not the vendor's"),
        ("https://evilapi.vendor.example/", "not the vendor's"),
        ("https://cloud.vendor.example/", "not the vendor's"),
        ("https://xcloud.vendor.example/", "not the vendor's"),
        ("http://api.vendor.example/", "not the vendor's"),
        ("https://api.vendor.example:22/", "not the vendor's"),
        ("https://proxy.intern.example/", "not the vendor's"),
        ("https://api.vendor.example@evil.example/", "user name"),
        ("https://evil.example\\@api.vendor.example/", "expected an address"),
        ("https://api.vendor.example /", "expected an address"),
        ("https://api.vendor.example:port/", "expected an address"),
        ("file:///etc/passwd", "expected an address"),
        ("gopher://127.0.0.1:8500/", "expected an address"),
        ("//api.vendor.example", "expected an address"),
        ("api.vendor.example", "expected an address"),
        ("", "expected an address"),
    ],
)
def test_everything_else_is_refused(url, words):
    """Without a look at where it leads."""

    def resolve(host: str, port: int) -> list[str]:
        raise AssertionError(f"{host}:{port} was resolved")

    (mistake,) = HOSTS.mistakes([url], resolve)
    assert words in mistake


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.7",
        "172.16.3.4",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",  # noqa: S104 - nothing listens
        "224.0.0.1",
        "::1",
        "fe80::1%eth0",
        "fd00::1",
        "::ffff:10.0.0.7",
    ],
)
def test_a_name_of_the_vendors_that_leads_inside_is_refused(address):
    """Whoever controls a name server reaches nothing that only this machine reaches."""
    (mistake,) = HOSTS.mistakes(["https://api.vendor.example"], lambda *_: [*PUBLIC, address])
    assert "within this network" in mistake


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://127.0.0.1:1/",
        "https://api.pagerduty.com@evil.example/",
        "https://evil.example/",
        "file:///etc/passwd",
    ],
)
def test_an_address_that_is_not_allowed_is_refused_before_anything_is_sent(
    browser, simulator, url, settings_file
):
    """When a connection is made, and when one is edited; the message says who can allow it."""
    form = {"method": "api_key", "name": "acme", "setting.base_url": url}
    answer = browser.send("/integrations/connect/pagerduty", **form)
    assert answer.status_code == 409
    browser.connected_by_key(simulator)
    before, asked = settings_file.read_text(), len(simulator.control.requests)
    answer = browser.send("/integrations/acme/edit", **{"setting.base_url": url})
    assert answer.status_code == 409
    assert settings_file.read_text() == before
    assert len(simulator.control.requests) == asked


def test_an_address_that_the_settings_have_already_may_be_used_again(
    browser, simulator, settings_file
):
    """Whoever wrote the file decided so."""
    browser.connected_by_key(simulator)
    text = settings_file.read_text()
    settings_file.write_text(text[: text.index("web:")])
    assert browser.begin("api_key", simulator, name="again").startswith("/integrations/setup/")
    answer = browser.send(
        "/integrations/connect/pagerduty",
        **{"method": "api_key", "name": "other", "setting.base_url": "http://127.0.0.1:1"},
    )
    assert "web: {allowed_hosts:" in answer.text


PIECES = st.sampled_from(
    [
        *"/@:#?.[] \t\\",
        *("//", "%2f", "%40", "%00", ":443", ":8500", "xn--", "\u200b", "\uff21", "\u3002"),
        *("evil.example", "127.0.0.1", "[::1]", "API", "a.cloud.vendor.example"),
    ]
)
FEW = st.lists(PIECES, max_size=3).map("".join)
HOST_NAMES = st.sampled_from(["api.vendor.example", "proxy.intern.example:8443", ""])


@given(st.sampled_from(["https://", "http://", "//", ""]), FEW, HOST_NAMES, FEW)
def test_whatever_is_let_through_leads_where_the_client_then_goes(scheme, before, host_name, after):
    """The client that sends requests reads no other host out of an address than was allowed."""
    url = f"{scheme}{before}{host_name}{after}"
    if list(HOSTS.mistakes([url], lambda *_: PUBLIC)):
        return
    parsed = httpx.URL(url)
    port = parsed.port or {"https": 443, "http": 80}[parsed.scheme]
    host = parsed.raw_host.decode().rstrip(".")
    is_vendor = host == "api.vendor.example" or host.endswith(".cloud.vendor.example")
    assert (host, port) in HOSTS.operator or (is_vendor and port == 443)
    assert parsed.userinfo == b""
