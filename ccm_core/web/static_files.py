"""The files that pages load: each has its digest in its path, so that it may be kept for ever."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib import resources

from ccm_core.model.frozen_dataclass import dataclass

_MEDIA_TYPES = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8"}
_FOLDERS = {
    "style.css": ("ccm_core.report", "templates"),
    "console.css": ("ccm_core.web", "static"),
    "console.js": ("ccm_core.web", "static"),
}
"""Where each is; the style of the report is the console's too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StaticFile:
    """A file that pages load."""

    content: bytes
    media_type: str
    digest: str


@cache  # they are part of the program
def static_files() -> dict[str, StaticFile]:
    """Return the files by name."""
    return {name: _read(name, *place) for name, place in _FOLDERS.items()}


def static_path(name: str) -> str:
    """Return the path of a file, with its digest."""
    return f"/static/{static_files()[name].digest}/{name}"


def _read(name: str, package: str, folder: str) -> StaticFile:
    content = (resources.files(package) / folder / name).read_bytes()
    return StaticFile(
        content=content,
        media_type=_MEDIA_TYPES[name.rpartition(".")[2]],
        digest=hashlib.sha256(content).hexdigest()[:16],
    )
