"""What is done about findings in the console: the same acts as ``ccm findings`` stores."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.errors import UsageError
from ccm_core.model.finding.act import ActKind
from ccm_core.pipeline.findings.act import Action, act_on_findings
from ccm_core.web.access.identity import LOCAL
from ccm_core.web.answers import Answer, Redirect
from ccm_core.web.findings.pages import reader
from ccm_core.web.whole_number import whole_number

if TYPE_CHECKING:
    from ccm_core.web.visit import Visit

_KINDS = {
    "assign": ActKind.ASSIGNED,
    "acknowledge": ActKind.ACKNOWLEDGED,
    "comment": ActKind.COMMENTED,
}

_DIGITS = 9
"""Of a revision, at most."""


def act(visit: Visit) -> Answer:
    """Assign, acknowledge or comment: one finding, or all that were selected.

    Raises:
        UsageError: Something is missing or cannot be done; nothing was stored then.
    """
    names, verb = visit.form.get("finding", ()), visit.field("verb")
    kind = _KINDS.get(verb)
    if kind is None or not names:
        missing = "what to do" if kind is None else "at least one finding"
        raise UsageError(f"expected {missing}; go back and choose")
    action = Action(
        kind=kind,
        by=_by(visit),
        text=visit.field("text"),
        owner=visit.field("owner") if kind is ActKind.ASSIGNED else "",
        revision=_revision(visit) if len(names) == 1 else None,
    )
    with visit.writing() as store:
        act_on_findings(reader(visit, store), names, action)
    return Redirect(path=_back(visit, names), done=kind.value)


def ask(visit: Visit) -> Answer:
    """Ask to accept the risk of findings until a day.

    Raises:
        UsageError: Something is missing or cannot be accepted; every mistake is listed.
    """
    from ccm_core.app.acceptances.accept import accept
    from ccm_core.app.acceptances.request import AcceptanceRequest, AcceptanceScope

    names, scope = visit.form.get("finding", ()), visit.field("scope", "finding")
    if scope not in {one.value for one in AcceptanceScope}:
        raise UsageError(f"got the scope {scope!r}, expected finding, resource or rule")
    request = AcceptanceRequest(
        findings=tuple(names),
        reason=visit.field("reason"),
        owner=visit.field("owner"),
        approver=visit.field("approver"),
        until=visit.field("until"),
        scope=AcceptanceScope(scope),
        many=visit.field("many") == "yes",
        by=_by(visit),
    )
    accept(visit.workspace, request)
    return Redirect(path=_back(visit, names), done="asked")


def _by(visit: Visit) -> str | None:
    """Return who acts: the person of the settings; None: whoever runs the console here."""
    who = visit.identity
    if who is None:
        raise UsageError("nobody is signed in")
    if who.person is None and who.issuer != LOCAL:
        raise UsageError(
            f"{who.name} is none of the people of the settings, and an act on a finding names one. "
            f"Add them under `people`, with the OIDC issuer {who.issuer} and subject {who.subject}"
        )
    return who.person


def _revision(visit: Visit) -> int | None:
    """Return the revision that somebody saw; None: the form has none, as that of the list.

    Raises:
        UsageError: It is no revision.
    """
    if "revision" not in visit.form:
        return None
    text = visit.field("revision")
    if (number := whole_number(text, _DIGITS)) is None:
        raise UsageError(f"got the revision {text[:20]!r}, expected the one that the page shows")
    return number


def _back(visit: Visit, names: object) -> str:
    """Return the page that the form was on: one finding, or the list with its filter."""
    if isinstance(names, (list, tuple)) and len(names) == 1 and not visit.field("from_list"):
        return f"/findings/{names[0]}"
    address = visit.field("address")
    return f"/findings?{address}" if address else "/findings"
