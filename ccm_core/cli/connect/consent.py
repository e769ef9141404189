"""How a person's consent comes back: through this machine's browser, or as a pasted address."""

from __future__ import annotations

import os
import sys
import threading
from typing import TYPE_CHECKING

from ccm_core.cli.terminal.output import print_message
from ccm_core.cli.terminal.prompts import ask
from ccm_core.cli.terminal.workspace import run_async

if TYPE_CHECKING:
    from ccm_core.app.connect import ConnectionSetup
    from ccm_core.cli.connect.options import ConnectOptions
    from ccm_core.pipeline.credentials.oauth_consent import ConsentGrant
    from ccm_core.sdk.secret import Secret

CALLBACK = "/callback"
"""The path of the redirect URL on this machine."""
PATIENCE = 300.0
"""Seconds to wait for the person in the browser."""


def registered_redirect_uri(options: ConnectOptions) -> str:
    """Return the redirect URL that has to be registered with the OAuth client."""
    return options.redirect_uri or f"http://127.0.0.1:{options.port}{CALLBACK}"


def ask_consent(options: ConnectOptions, setup: ConnectionSetup) -> ConsentGrant:
    """Send a person to the authorization URL and return what they agreed to.

    The address that their browser is sent to comes back through a listener on loopback, or is
    pasted, as the options say.

    Raises:
        UsageError: They did not agree, or the browser did not come back.
        SourceError: The identity server failed or refused.
    """
    if not options.paste and options.redirect_uri is None:
        return run_async(_listen_for_consent(options, setup))
    request = setup.begin_consent(registered_redirect_uri(options))
    _print_link(request.url)
    print_message(
        "The browser then shows a page, or says that it cannot; its address line is what counts."
    )
    return run_async(setup.finish_consent(request, ask("The whole address")))


async def _listen_for_consent(options: ConnectOptions, setup: ConnectionSetup) -> ConsentGrant:
    from ccm_core.auth.loopback_redirect import listen_for_redirect

    async with listen_for_redirect(port=options.port, path=CALLBACK) as redirect:
        request = setup.begin_consent(redirect.redirect_uri)
        redirect.expect_response_to(request.url)
        _print_link(request.url)
        if not options.no_browser and _has_browser():
            _open_browser(redirect.start_uri)
        print_message("waiting for the browser to come back ...")
        address = await redirect.address(max_seconds=PATIENCE)
        # The code expires in seconds: nothing is done before it is exchanged.
        return await setup.finish_consent(request, address)


def _print_link(url: Secret) -> None:
    # The one place where it is printed: it works for one attempt, and for this person.
    print_message(f"Open this link and agree:\n\n  {url.reveal()}\n")


def _has_browser() -> bool:
    if "BROWSER" in os.environ or sys.platform in {"win32", "darwin"}:
        return True
    return bool({"DISPLAY", "WAYLAND_DISPLAY"} & set(os.environ))


def _open_browser(address: str) -> None:
    """Open a browser without waiting for it: some of them only return when they are closed."""
    import webbrowser

    threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()
