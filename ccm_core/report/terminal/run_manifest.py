"""One run in lines for a terminal: what was requested, read, counted and missed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.model.evidence.amendments import as_amended
from ccm_core.report.content.cell_width import plain
from ccm_core.report.content.phrases import count, duration, listed, moment, unseen

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ccm_core.model.evidence.collection import Collection, Counts, Dangling, Shortfall
    from ccm_core.model.evidence.manifest import Manifest, PluginVersion
    from ccm_core.model.evidence.window import Window

MOST = 6
"""Of more requests than this, the rest is counted."""


def run_text(manifest: Manifest) -> str:
    """Return all of a manifest, in lines for a terminal."""
    collections = (
        line for entry in as_amended(manifest.collections) for line in _collection(entry)
    )
    lines = [*_head(manifest), *collections]
    if manifest.not_due:
        lines += ["", f"not due: {', '.join(manifest.not_due)}"]
    return "\n".join(_indented(line) for line in lines)


def _indented(line: str) -> str:
    indent = "  " if line.startswith("  ") else ""
    return f"{indent}{plain(line)}".rstrip()


def _head(run: Manifest) -> Iterator[str]:
    length = duration((run.ended_at - run.started_at).total_seconds())
    yield f"{run.run}"
    yield f"  {run.connection} ({run.connector}), {moment(run.started_at)}, took {length}"
    yield f"  {run.outcome}"
    yield from (f"  run interrupted: {_shortfall(shortfall)}" for shortfall in run.shortfalls)
    yield f"  credential: {_credential(run)}"
    yield from (f"  not visible: {unseen(entry)}" for entry in run.visibility_gaps)
    yield f"  clock: {_clock(run.clock_skew)}"
    yield f"  settings: {run.settings_digest}"
    if run.scheduled:
        frequencies = (f"{kind.kind} every {duration(kind.cadence)}" for kind in run.scheduled)
        yield f"  required frequency: {', '.join(frequencies)}"
    yield f"  versions: {listed([f'ccm-core {run.host_version}', *map(_plugin, run.plugins)])}"


def _credential(run: Manifest) -> str:
    credential = run.credential
    if credential is None:
        return "the source was not asked"
    role = f"role {credential.role}" if credential.role else "role unknown"
    scopes = (
        "" if credential.scopes is None else f", scopes {' '.join(credential.scopes) or 'none'}"
    )
    entered = f", entered {moment(run.entered_at)}" if run.entered_at else ""
    rotate = f", rotation due by {moment(run.rotate_by)}" if run.rotate_by else ""
    account = f", account {credential.account}" if credential.account else ""
    return f"{credential.kind}{account}, {role}{scopes}{entered}{rotate}"


def _clock(skew: float | None) -> str:
    if skew is None:
        return "the source did not report its own"
    return f"{duration(abs(skew))} {'ahead of' if skew > 0 else 'behind'} the source's"


def _plugin(plugin: PluginVersion) -> str:
    failed = f" (did not load: {plugin.failure})" if plugin.failure else ""
    return f"{plugin.distribution} {plugin.version}{failed}"


# -- a collection -----------------------------------------------------------------------------


def _collection(collection: Collection) -> Iterator[str]:
    counts = collection.counts
    yield ""
    yield f"{collection.kind}.v{collection.version}{_window(collection)}: {collection.outcome}"
    yield from (f"  missed: {_shortfall(shortfall)}" for shortfall in collection.shortfalls)
    yield from _requests(collection)
    yield f"  read: {_read(counts)}"
    yield f"  stored: {_stored(counts)}"
    if counts.retries or counts.refused or counts.waited:
        yield (
            f"  transport: {count(counts.retries, 'retry', 'retries')}, "
            f"{counts.refused:,} refused, waited {duration(counts.waited)}"
        )
    if collection.unknown_fields:
        yield f"  schema drift: new fields {', '.join(collection.unknown_fields)}"
    yield from (f"  dangling reference: {_dangling(entry)}" for entry in collection.dangling)
    if collection.population_root:
        yield f"  population: {collection.population_root}"
    if collection.depends_on:
        yield f"  found through: {', '.join(collection.depends_on)}"
    if collection.amends:
        yield f"  amends: {collection.amends}"
    yield from (f"  note: {note}" for note in collection.notes)


def _window(collection: Collection) -> str:
    return "" if collection.window is None else f" {_times(collection.window)}"


def _times(window: Window) -> str:
    return f"{moment(window.since)} to {moment(window.until)}"


def _requests(collection: Collection) -> Iterator[str]:
    for request in collection.requests[:MOST]:
        parameters = "&".join(f"{name}={value}" for name, value in request.parameters)
        yield f"  requested: {request.endpoint}{'?' if parameters else ''}{parameters}"
    if len(collection.requests) > MOST:
        yield f"  requested: {len(collection.requests) - MOST:,} more; --json has them all"


def _read(counts: Counts) -> str:
    totals = " then ".join(f"{total:,}" for total in _totals(counts))
    requests = count(counts.requests, "request")
    texts = [
        f"{count(counts.items, 'item')} on {count(counts.pages, 'page')} in {requests}",
        f"total by the source {totals}" if totals else "",
        "to the end" if counts.read_to_end else "end of the list not reached",
        count(counts.duplicates, "duplicate") if counts.duplicates else "",
        f"{counts.outside_window:,} outside the window" if counts.outside_window else "",
    ]
    return ", ".join(filter(None, texts))


def _totals(counts: Counts) -> Sequence[int]:
    totals = (counts.total_at_start, counts.total_at_end)
    return list(dict.fromkeys(total for total in totals if total is not None))


def _stored(counts: Counts) -> str:
    rejected = f", {counts.rejected:,} rejected" if counts.rejected else ""
    return (
        f"{counts.appended:,} new or changed, {counts.unchanged:,} unchanged, "
        f"{counts.tombstones:,} removed{rejected}"
    )


def _shortfall(shortfall: Shortfall) -> str:
    missing = f" ({shortfall.missing:,} missing)" if shortfall.missing is not None else ""
    only = f"; concerns {', '.join(shortfall.subjects)}" if shortfall.subjects else ""
    return f"{shortfall.reason}: {shortfall.detail}{missing}{only}"


def _dangling(reference: Dangling) -> str:
    outcome = f", {reference.lookup_outcome}" if reference.lookup_outcome else ""
    target = f"{reference.kind} {reference.key}"
    return f"{reference.field} of {reference.named_by} names {target}{outcome}"
