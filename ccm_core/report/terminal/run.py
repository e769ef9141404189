"""One run for people: what was asked, read, counted and missed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.report.content.cell_width import plain
from ccm_core.report.content.phrases import count, listed, moment, span, unseen

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ccm_core.model.evidence.collection import Collection, Counts, Dangling, Shortfall
    from ccm_core.model.evidence.manifest import Manifest, PluginVersion
    from ccm_core.model.evidence.window import Window

MOST = 6
"""Of more requests than this, the rest is counted."""


def run_text(manifest: Manifest) -> str:
    """Say all that a manifest says, in lines for a terminal."""
    lines = [*_head(manifest), *(line for one in manifest.collections for line in _told(one))]
    if manifest.not_due:
        lines += ["", f"not due: {', '.join(manifest.not_due)}"]
    return "\n".join(_shown(line) for line in lines)


def _shown(line: str) -> str:
    indent = "  " if line.startswith("  ") else ""
    return f"{indent}{plain(line)}".rstrip()


def _head(run: Manifest) -> Iterator[str]:
    took = span((run.ended_at - run.started_at).total_seconds())
    yield f"{run.run}"
    yield f"  {run.connection} ({run.connector}), {moment(run.started_at)}, took {took}"
    yield f"  {run.outcome}"
    yield from (f"  run cut short: {_why(one)}" for one in run.shortfalls)
    yield f"  credential: {_credential(run)}"
    yield from (f"  shown to miss: {unseen(one)}" for one in run.unseen)
    yield f"  clock: {_clock(run.clock_skew)}"
    yield f"  settings: {run.settings_digest}"
    if run.promised:
        promised = (f"{one.kind} every {span(one.cadence)}" for one in run.promised)
        yield f"  promised: {', '.join(promised)}"
    yield f"  versions: {listed([f'ccm-core {run.host_version}', *map(_plugin, run.plugins)])}"


def _credential(run: Manifest) -> str:
    told = run.credential
    if told is None:
        return "the source was not asked"
    role = f"role {told.role}" if told.role else "the source does not tell its role"
    scopes = "" if told.scopes is None else f", scopes {' '.join(told.scopes) or 'none'}"
    entered = f", entered {moment(run.entered_at)}" if run.entered_at else ""
    rotate = f", to be replaced by {moment(run.rotate_by)}" if run.rotate_by else ""
    return f"{told.kind}, {role}{scopes}{entered}{rotate}"


def _clock(skew: float | None) -> str:
    if skew is None:
        return "the source did not say its own"
    return f"{span(abs(skew))} {'ahead of' if skew > 0 else 'behind'} the source's"


def _plugin(plugin: PluginVersion) -> str:
    failed = f" (did not load: {plugin.failure})" if plugin.failure else ""
    return f"{plugin.distribution} {plugin.version}{failed}"


# -- a collection -----------------------------------------------------------------------------


def _told(one: Collection) -> Iterator[str]:
    counts = one.counts
    yield ""
    yield f"{one.kind}.v{one.version}{_window(one)}: {one.outcome}"
    yield from (f"  missed: {_why(fall)}" for fall in one.shortfalls)
    yield from _asked(one)
    yield f"  read: {_read(counts)}"
    yield f"  kept: {_kept(counts)}"
    if counts.retries or counts.refused or counts.waited:
        yield (
            f"  on the way: {count(counts.retries, 'retry', 'retries')}, "
            f"{counts.refused:,} refused, waited {span(counts.waited)}"
        )
    if one.unknown_fields:
        yield f"  fields that no schema names: {', '.join(one.unknown_fields)}"
    yield from (f"  leads nowhere: {_nowhere(named)}" for named in one.dangling)
    if one.population_root:
        yield f"  population: {one.population_root}"
    if one.through:
        yield f"  found through: {', '.join(one.through)}"
    if one.amends:
        yield f"  adds to: {one.amends}"
    yield from (f"  note: {note}" for note in one.notes)


def _window(one: Collection) -> str:
    return "" if one.window is None else f" {_between(one.window)}"


def _between(window: Window) -> str:
    return f"{moment(window.since)} to {moment(window.until)}"


def _asked(one: Collection) -> Iterator[str]:
    for request in one.requests[:MOST]:
        parameters = "&".join(f"{name}={value}" for name, value in request.parameters)
        yield f"  asked: {request.endpoint}{'?' if parameters else ''}{parameters}"
    if len(one.requests) > MOST:
        yield f"  asked: {len(one.requests) - MOST:,} more; --json has them all"


def _read(counts: Counts) -> str:
    totals = " then ".join(f"{one:,}" for one in _totals(counts))
    requests = count(counts.requests, "request")
    said = [
        f"{count(counts.items, 'item')} on {count(counts.pages, 'page')} in {requests}",
        f"the source said {totals}" if totals else "",
        "to the end" if counts.more_false_seen else "not seen to the end",
        f"{counts.duplicates:,} twice" if counts.duplicates else "",
        f"{counts.outside_window:,} of another time" if counts.outside_window else "",
    ]
    return ", ".join(filter(None, said))


def _totals(counts: Counts) -> Sequence[int]:
    both = [one for one in (counts.total_at_start, counts.total_at_end) if one is not None]
    return list(dict.fromkeys(both))


def _kept(counts: Counts) -> str:
    refused = f", {counts.rejected:,} kept apart as rejected" if counts.rejected else ""
    return (
        f"{counts.appended:,} new or changed, {counts.unchanged:,} as before, "
        f"{counts.tombstones:,} no longer there{refused}"
    )


def _why(fall: Shortfall) -> str:
    missing = f" ({fall.missing:,} missing)" if fall.missing is not None else ""
    only = f"; concerns {', '.join(fall.subjects)}" if fall.subjects else ""
    return f"{fall.reason}: {fall.detail}{missing}{only}"


def _nowhere(named: Dangling) -> str:
    found = f", {named.whereabouts}" if named.whereabouts else ""
    return f"{named.field} of {named.named_by} names {named.kind} {named.key}{found}"
