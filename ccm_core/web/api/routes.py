"""The routes of the API: all of them read."""

from __future__ import annotations

from ccm_core.web.access.roles import Permission
from ccm_core.web.answers import Answer, Json
from ccm_core.web.api import documents
from ccm_core.web.api.openapi import openapi_document
from ccm_core.web.route import get
from ccm_core.web.visit import Visit


def openapi(visit: Visit) -> Answer:
    """Answer with the description of the API."""
    return Json(document=openapi_document(API_ROUTES, visit.workspace.host.version))


API_ROUTES = (
    get("/api/v1/openapi.json", Permission.READ_AUDIT, openapi),
    get("/api/v1/overview", Permission.READ, documents.overview),
    get("/api/v1/checks", Permission.READ_AUDIT, documents.checks),
    get("/api/v1/checks/{rule}", Permission.READ_AUDIT, documents.check),
    get("/api/v1/results/{result:path}", Permission.READ_AUDIT, documents.result),
    get("/api/v1/findings", Permission.READ, documents.findings),
    get("/api/v1/findings/{finding}", Permission.READ, documents.finding),
    get("/api/v1/frameworks", Permission.READ_AUDIT, documents.frameworks),
    get("/api/v1/frameworks/{framework}", Permission.READ_AUDIT, documents.framework),
    get("/api/v1/evidence", Permission.READ_AUDIT, documents.evidence),
    get("/api/v1/evidence/{connection}/{kind}", Permission.READ_AUDIT, documents.records),
    get("/api/v1/runs", Permission.READ, documents.runs),
)
