"""The routes of integrations. A connection's own come first: setups and connectors have others."""

from __future__ import annotations

from ccm_core.web.access.roles import Permission
from ccm_core.web.integrations import (
    connect_pages,
    connection_pages,
    credential_pages,
    edit_pages,
    removal_pages,
    run_pages,
    setup_pages,
)
from ccm_core.web.route import get, post

_READ, _CONFIGURE = Permission.READ, Permission.CONFIGURE
_ONE, _SETUP = "/integrations/{connection}", "/integrations/setup/{setup}"

ROUTES = (
    get("/integrations", _READ, connection_pages.list_page),
    get(_ONE, _READ, connection_pages.connection_page),
    get(f"{_ONE}/run", _READ, run_pages.run_page),
    get(f"{_ONE}/run/progress", _READ, run_pages.run_fragment),
    post(f"{_ONE}/run", _CONFIGURE, run_pages.start_run),
    post(f"{_ONE}/test", _CONFIGURE, run_pages.test_connection),
    get(f"{_ONE}/edit", _CONFIGURE, edit_pages.edit_page),
    post(f"{_ONE}/edit", _CONFIGURE, edit_pages.edit),
    post(f"{_ONE}/cadences", _CONFIGURE, edit_pages.edit_cadences),
    get(f"{_ONE}/rotate", _CONFIGURE, credential_pages.rotate_page),
    post(f"{_ONE}/rotate", _CONFIGURE, credential_pages.rotate),
    post(f"{_ONE}/reauthorise", _CONFIGURE, credential_pages.reauthorise),
    get(f"{_ONE}/remove", _CONFIGURE, removal_pages.remove_page),
    post(f"{_ONE}/remove", _CONFIGURE, removal_pages.remove),
    get("/integrations/connect/{connector}", _CONFIGURE, connect_pages.connect_page),
    post("/integrations/connect/{connector}", _CONFIGURE, connect_pages.connect),
    get("/integrations/oauth/callback", _CONFIGURE, setup_pages.callback),
    get(_SETUP, _CONFIGURE, setup_pages.setup_page),
    post(f"{_SETUP}/secrets", _CONFIGURE, setup_pages.enter_secrets),
    post(f"{_SETUP}/link", _CONFIGURE, setup_pages.new_link),
    post(f"{_SETUP}/test", _CONFIGURE, setup_pages.test_setup),
    post(f"{_SETUP}/save", _CONFIGURE, setup_pages.save_setup),
    post(f"{_SETUP}/cancel", _CONFIGURE, setup_pages.cancel_setup),
)
