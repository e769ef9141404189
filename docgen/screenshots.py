"""Take the pictures of the console: ``python -m docgen.screenshots SETTINGS``.

SETTINGS are those of a demonstration. It needs Chromium on the PATH.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

PICTURES = {
    "console": "/",
    "console-finding": "/findings",
    "console-coverage": "/sections/pagerduty-demo/pagerduty.coverage",
}
"""The page of each picture; of the list of findings, the first one of them."""
_PORT = "8499"
_LINK = re.compile(r"http://\S+/sign-in\?link=\S+")


def main(settings: Path, folder: Path) -> None:
    """Serve the console, and write a picture of each page.

    Args:
        settings: Those of a demonstration.
        folder: Where the pictures go.
    """
    from playwright.sync_api import sync_playwright

    command = [sys.executable, "-m", "ccm_core", "-c", str(settings), "serve", "--no-watch"]
    served = subprocess.Popen(  # noqa: S603 - this very interpreter
        [*command, "--port", _PORT], stderr=subprocess.PIPE, text=True
    )
    try:
        link = next(found[0] for line in served.stderr or () if (found := _LINK.search(line)))
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium"), args=["--no-sandbox"]
            )
            page = browser.new_page(viewport={"width": 1280, "height": 800}, color_scheme="light")
            _sign_in(page, link)
            for name, path in PICTURES.items():
                _open(page, link.partition("/sign-in")[0] + path)
                page.screenshot(path=folder / f"{name}.png")
            browser.close()
    finally:
        served.terminate()
        served.wait()


def _sign_in(page: Page, link: str) -> None:
    page.goto(link)
    with page.expect_navigation():
        page.click("button.button")


def _open(page: Page, address: str) -> None:
    page.goto(address)
    if address.endswith("/findings"):
        with page.expect_navigation():
            page.click("tbody a >> nth=0")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path("docs/images"))
