"""JSON that has one reading: no key twice, no number that is none, and one way to write it."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from ccm_core.bundle.verifier.bounds import MOST_DEPTH, check_density


def read_json(data: bytes | str, name: str = "a document") -> Any:
    """Read JSON text that names no key of an object twice."""
    text = data.decode() if isinstance(data, bytes) else data
    check_density(name, text)
    return DECODER.decode(text)


def read_canonical(name: str, data: bytes) -> Any:
    """Read JSON text that is written in the one form that ccm writes."""
    depth = deepest = 0
    for byte in data:
        depth += (byte in b"[{") - (byte in b"]}")
        deepest = max(deepest, depth)
    MOST_DEPTH.check(name, deepest)
    value = read_json(data, name)
    if write_json(value) != data:
        raise ValueError(f"{name} is not written in the form that ccm writes")
    return value


def write_json(value: Any) -> bytes:
    """Return JSON with sorted keys and without white space."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode()


def distinct_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object, or refuse one that names a key twice."""
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a JSON object names one key twice")
    return value


def refuse_constant(text: str) -> NoReturn:
    """Refuse what JSON has no number for."""
    raise ValueError(f"{text} is no JSON")


DECODER = json.JSONDecoder(object_pairs_hook=distinct_keys, parse_constant=refuse_constant)
"""Made once: leaves are read by the million."""
