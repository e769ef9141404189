"""A collector and a small account that is written as paths and answers."""

from __future__ import annotations

import httpx  # noqa: TID253 - the network of these tests is one of its transports
import pytest
from ccm_pagerduty.collectors import collectors
from ccm_pagerduty.kinds import kinds

COLLECT = {
    page_response.kind.removeprefix("pagerduty."): page_response.collect
    for page_response in collectors()
}
REFUSALS = {
    "no right": (403, {"error": {"message": "Access Denied", "code": 2010}}),
    "no scope": (
        403,
        {"error": {"message": "Token missing required scopes", "required_scopes": "x.read"}},
    ),
    "no plan": (402, {"error": {"message": "Missing ability: teams", "code": 2014}}),
    "gone": (404, {"error": {"message": "Not Found", "code": 2100}}),
}
PAGING = {"limit", "offset", "total"}


@pytest.fixture
def account(pagerduty):
    """Collect a kind from an account written as paths and answers.

    An answer is a response, the one page of a listing (``{"services": [...]}``), the name of a
    refusal, or a function of the request that gives one of these.
    """

    def run(noun, answers, *, current_records=None, ask=None, sent=None, **settings):
        requests = [] if sent is None else sent

        def handler(request):
            requests.append((request.url.path, tuple(request.url.params.multi_items())))
            answer = answers[request.url.path]
            return response(answer(request) if callable(answer) else answer)

        request = ask or pagerduty.ask_for(current_records=current_records or {})
        events = pagerduty.collected(handler, COLLECT[noun], request, **settings)
        events.asked = [
            (path, [pair for pair in query if pair[0] not in PAGING]) for path, query in requests
        ]
        return events

    return run


def response(answer) -> httpx.Response:
    """Return an answer as an HTTP response."""
    match answer:
        case str():
            status, body = REFUSALS[answer]
            return httpx.Response(status, json=body)
        case dict():
            number = sum(
                len(page_response)
                for page_response in answer.values()
                if isinstance(page_response, list)
            )
            paging = {"limit": 100, "offset": 0, "more": False, "total": number}
            return httpx.Response(200, json=paging | answer)
        case _:
            return answer


@pytest.fixture
def validators_of():
    """Return the validator of a kind's schema."""
    import jsonschema_rs

    by_name = {kind.name: kind for kind in kinds()}
    return lambda kind: jsonschema_rs.Draft202012Validator(
        by_name[kind].schema(), validate_formats=True
    )
