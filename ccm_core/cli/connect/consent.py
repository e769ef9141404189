"""How a person agrees: in a browser on this machine, or elsewhere with an address to paste."""

from __future__ import annotations

import os
import sys
import threading
from typing import TYPE_CHECKING

from ccm_core.cli.terminal.output import say
from ccm_core.cli.terminal.prompts import ask
from ccm_core.pipeline.oauth_consent import CALLBACK, Listen, Paste

if TYPE_CHECKING:
    from ccm_core.cli.connect.options import Wish
    from ccm_core.sdk.secret import Secret


def redirect_uri(wish: Wish) -> str:
    """Give the redirect URL that has to be registered with the app."""
    return wish.redirect_uri or f"http://127.0.0.1:{wish.port}{CALLBACK}"


def way_of(wish: Wish) -> Listen | Paste:
    """Give the way that the command line chose."""
    if wish.paste or wish.redirect_uri is not None:
        return Paste(redirect_uri=redirect_uri(wish), ask=_pasted)

    def show(link: Secret, begin: str) -> None:
        _shown(link)
        if not wish.no_browser and _has_browser():
            _open(begin)
        say("waiting for the browser to come back ...")

    return Listen(port=wish.port, show=show)


def _shown(link: Secret) -> None:
    # The one place where it is printed: it works for one attempt, and for this person.
    say(f"Open this link and agree:\n\n  {link.reveal()}\n")


def _pasted(link: Secret) -> str:
    _shown(link)
    say("The browser then shows a page, or says that it cannot; its address line is what counts.")
    return ask("The whole address")


def _has_browser() -> bool:
    if "BROWSER" in os.environ or sys.platform in {"win32", "darwin"}:
        return True
    return bool({"DISPLAY", "WAYLAND_DISPLAY"} & set(os.environ))


def _open(address: str) -> None:
    """Open a browser without waiting for it: some of them only return when they are closed."""
    import webbrowser

    threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()
