"""The JSON Schemas of the host's public documents, as they are shipped.

In a checkout they are in the top-level ``schemas/`` folder; a wheel has the same files
inside the package.
"""

from __future__ import annotations

from pathlib import Path

from ccm_core.errors import UsageError
from ccm_core.model.json_codec import JsonObject, decode

_PACKAGE = Path(__file__).parent
_SUFFIX = ".schema.json"


def folder() -> Path:
    """Return the folder of the schemas: of the wheel, or else of the checkout."""
    shipped = _PACKAGE / "_schemas"
    return shipped if shipped.is_dir() else _PACKAGE.parent / "schemas"


def names() -> tuple[str, ...]:
    """Return the name of every schema, sorted, such as ``settings.v1``."""
    return tuple(sorted(path.name.removesuffix(_SUFFIX) for path in folder().glob(f"*{_SUFFIX}")))


def load(name: str) -> JsonObject:
    """Read one schema, such as ``settings.v1``.

    Raises:
        UsageError: There is none of that name: the installation is incomplete.
    """
    try:
        document: JsonObject = decode((folder() / f"{name}{_SUFFIX}").read_bytes())
    except FileNotFoundError as cause:
        msg = (
            f"no JSON Schema named {name!r} in {folder()}; there are: "
            f"{', '.join(names()) or 'none'}. Install ccm-core again if one is missing"
        )
        raise UsageError(msg) from cause
    return document
