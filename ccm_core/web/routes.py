"""The table of routes: each path with what it needs. What is not here is not served."""

from __future__ import annotations

from ccm_core.web.access.roles import Permission
from ccm_core.web.api.routes import API_ROUTES
from ccm_core.web.findings import acts
from ccm_core.web.findings import pages as findings
from ccm_core.web.integrations.routes import ROUTES as INTEGRATIONS
from ccm_core.web.pages import (
    activity,
    audit,
    changes,
    checks,
    evidence,
    frameworks,
    ledger,
    overview,
    sections,
    settings,
    sign_in,
    team_sign_in,
)
from ccm_core.web.route import get, post

ROUTES = (
    get("/sign-in", Permission.PUBLIC, sign_in.sign_in_page),
    post("/sign-in", Permission.PUBLIC, sign_in.sign_in),
    get("/sign-in/team", Permission.PUBLIC, team_sign_in.begin_team_sign_in),
    get(team_sign_in.CALLBACK, Permission.PUBLIC, team_sign_in.finish_team_sign_in),
    post("/sign-out", Permission.SIGNED_IN, sign_in.sign_out),
    get("/", Permission.SIGNED_IN, overview.home),
    get("/checks", Permission.READ_AUDIT, checks.checks),
    get("/checks/{rule}", Permission.READ_AUDIT, checks.check),
    get("/results", Permission.READ_AUDIT, checks.named_result),
    get("/results/{result:path}", Permission.READ_AUDIT, checks.result),
    get("/frameworks", Permission.READ_AUDIT, frameworks.frameworks),
    get("/frameworks/{framework}", Permission.READ_AUDIT, frameworks.framework),
    get("/findings", Permission.READ, findings.findings),
    get("/findings.csv", Permission.READ, findings.export),
    post("/findings/act", Permission.WORK, acts.act),
    post("/findings/accept", Permission.WORK, acts.ask),
    get("/findings/{finding}", Permission.READ, findings.finding),
    get("/sections", Permission.READ, sections.sections),
    get("/sections/{connection}/{section}", Permission.READ, sections.section),
    get("/changes", Permission.READ, changes.changes),
    get("/evidence", Permission.READ_AUDIT, evidence.kinds),
    get("/evidence/{connection}/{kind}", Permission.READ_AUDIT, evidence.records),
    get("/evidence/{connection}/{kind}/record", Permission.READ_AUDIT, evidence.record),
    get("/evidence/{connection}/{kind}/download", Permission.READ_AUDIT, evidence.download),
    get("/audit", Permission.READ_AUDIT, audit.audit),
    get("/audit/paper", Permission.READ_AUDIT, audit.paper),
    get("/audit/package", Permission.READ_AUDIT, audit.package),
    get("/ledger", Permission.READ_AUDIT, ledger.ledger),
    get("/ledger/checkpoint", Permission.READ_AUDIT, ledger.checkpoint),
    get("/activity", Permission.READ_ACTIVITY, activity.activity),
    get("/settings", Permission.READ, settings.settings),
    *INTEGRATIONS,
    *API_ROUTES,
)
