"""The catalogues that are shipped, with titles in our own words: texts are their publishers'."""

from __future__ import annotations

from pathlib import Path

from ccm_core.errors import UsageError
from ccm_core.frameworks.catalogue_file import read_catalogue
from ccm_core.model.framework import Catalogue

_FOLDER = Path(__file__).parent / "catalogues"
SOURCE = "ccm"


def shipped_names() -> tuple[str, ...]:
    """Return the names of the catalogues that are shipped, sorted."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.yaml")))


def shipped_catalogue(name: str) -> Catalogue:
    """Read one of them.

    Raises:
        UsageError: There is none of that name.
    """
    if name not in shipped_names():
        raise UsageError(f"no catalogue {name!r} is shipped; {', '.join(shipped_names())} are")
    return read_catalogue((_FOLDER / f"{name}.yaml").read_bytes(), f"{SOURCE}:{name}.yaml")
