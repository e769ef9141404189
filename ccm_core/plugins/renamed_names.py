"""Names of the sdk that changed, for the message about a plugin that was written before.

Nothing answers to the old names. A plugin that still uses some of them does not load, and its
failure lists all of them at once, each with the new name.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from types import MappingProxyType

SDK = "ccm_core.sdk"
_MAX_FILES = 1000
"""Files of one plugin that are searched."""

MODULES: Mapping[str, str] = MappingProxyType(
    {
        "collecting": "collector",
        "figures": "report_figures",
        "http.answer": "http.response",
        "http.lean": "http.slim_import",
        "http.translation": "http.error_mapping",
        "json": "json_codec",
        "limits": "rate_limit",
        "time": "timestamps",
        "turns": "rate_limit",
    }
)
"""Modules below ``ccm_core.sdk``."""

NAMES: Mapping[str, str] = MappingProxyType(
    {
        "Answer": "HttpResponse",
        "Ask": "CollectRequest",
        "BadAnswer": "BadResponse",
        "Capped": "CapReached",
        "Credential": "CredentialInfo",
        "Denied": "PermissionDenied",
        "Finding": "CollectorEvent",
        "Group": "MeasureGroup",
        "Identified": "AccountIdentity",
        "Note": "CollectionNote",
        "Parts": "Partitioning",
        "Reached": "ResumeFrom",
        "Refused": "AuthenticationFailed",
        "Source": "RecordSource",
        "Stretch": "TimelineGap",
        "Through": "DependsOn",
        "Tokens": "TokenProvider",
        "Unchanging": "StaticToken",
        "Whereabouts": "LookupOutcome",
        "border": "map_errors",
        "by_cursor": "paginate_by_cursor",
        "by_link": "paginate_by_link",
        "by_offset": "paginate_by_offset",
        "offsets": "page_offsets",
        "others_first": "yield_to_requests",
        "translated": "mapped_error",
    }
)
"""Classes and functions that are imported from the sdk."""

KEYWORDS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "AuthMethod": {"asks": "prompted_settings", "longest_age": "max_age"},
        "Bounds": {
            "backoff_most": "max_backoff",
            "body": "max_body",
            "connect": "connect_timeout",
            "silence": "read_timeout",
            "wait_most": "max_wait",
        },
        "Connector": {"refused": "diagnose_failure", "review": "review_collections"},
        "CursorPage": {"following": "next_cursor"},
        "Diagnosis": {"found": "message", "good": "ok"},
        "HttpSource": {"advice": "retry_after", "fault": "error_for", "waiting": "on_wait"},
        "Lane": {"known": "observed"},
        "OAuthGrant": {"learned": "settings_from_identity"},
        "Overflow": {"cut": "split_at", "most": "limit", "parts": "slices"},
        "Row": {"rests_on": "evidence_digests"},
        "View": {"parts": "partitions"},
        "by_offset": {"same": "same_item"},
        "offsets": {"linked": "overlapping"},
    }
)
"""Keyword arguments, by the class or function as it was called."""

ATTRIBUTES: Mapping[str, str] = MappingProxyType(
    {
        "ask.again": "ask.changed_keys",
        "ask.known": "ask.current_records",
        "ask.part": "ask.slice",
        "authorization.blanked": "authorization.redact",
        "answer.described": "answer.summary",
        "limiter.hold": "limiter.pause",
        "limiters.named": "limiters.limiter_for",
        "request.waiting": "request.on_wait",
    }
)
"""Attributes, behind the names that values of their class usually have."""


def renamed_names_in(module: str) -> tuple[str, ...]:
    """Return ``OLD is now NEW`` for each old name that the package of a module uses, sorted.

    Only its files are read; nothing is imported.

    Args:
        module: The module of the plugin's entry point.
    """
    lines = {
        line
        for path in islice(_files(module.split(".", maxsplit=1)[0]), _MAX_FILES)
        for line in _in_file(path)
    }
    return tuple(sorted(lines))


def _files(package: str) -> Iterator[Path]:
    spec = find_spec(package)
    if spec is None:
        return
    for folder in spec.submodule_search_locations or ():
        yield from sorted(Path(folder).rglob("*.py"))
    if not spec.submodule_search_locations and spec.origin and spec.origin.endswith(".py"):
        yield Path(spec.origin)


def _in_file(path: Path) -> Iterator[str]:
    try:
        tree = ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return
    imported: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(SDK):
            imported.update(alias.name for alias in node.names)
            yield from _of_import(node)
        elif isinstance(node, ast.Import):
            for alias in node.names:
                yield from _of_module(alias.name)
    if imported:
        yield from _of_uses(tree, imported)


def _of_import(node: ast.ImportFrom) -> Iterator[str]:
    module = node.module or ""
    yield from _of_module(module)
    for alias in node.names:
        yield from _of_module(f"{module}.{alias.name}")
        if alias.name in NAMES:
            yield f"{alias.name} is now {NAMES[alias.name]}"


def _of_module(module: str) -> Iterator[str]:
    new = MODULES.get(module.removeprefix(f"{SDK}."))
    if new is not None and module.startswith(f"{SDK}."):
        yield f"{module} is now {SDK}.{new}"


def _of_uses(tree: ast.AST, imported: set[str]) -> Iterator[str]:
    """Yield the keywords and attributes of a file that imports something of the sdk."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            callee = node.func.id
            renamed = KEYWORDS.get(callee, {}) if callee in imported else {}
            new_callee = NAMES.get(callee, callee)
            for keyword in node.keywords:
                if keyword.arg is not None and keyword.arg in renamed:
                    yield f"{callee}({keyword.arg}=) is now {new_callee}({renamed[keyword.arg]}=)"
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name | ast.Attribute):
            owner = node.value.id if isinstance(node.value, ast.Name) else node.value.attr
            attribute = f"{owner}.{node.attr}"
            if attribute in ATTRIBUTES:
                yield f"{attribute} is now {ATTRIBUTES[attribute]}"
