"""The templates of the console: those of the report, and its own in the folder ``console``."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from ccm_core.report.formats.html import page_templates
from ccm_core.report.template_cache import TemplateCache
from ccm_core.web.json_text import shown_value
from ccm_core.web.navigation import navigation
from ccm_core.web.static_files import static_path

if TYPE_CHECKING:
    from jinja2 import Environment

    from ccm_core.web.answers import HtmlPage
    from ccm_core.web.visit import Visit


@cache  # compiling the templates takes longer than filling them
def console_templates() -> Environment:
    """Return the templates; they share the filters, names and marks of the report's."""
    from jinja2 import ChoiceLoader, PackageLoader

    report = page_templates()
    own = PackageLoader("ccm_core.web", "templates")
    loaders = [own, report.loader] if report.loader else [own]
    templates = report.overlay(loader=ChoiceLoader(loaders), bytecode_cache=TemplateCache())
    templates.filters = {**report.filters, "shown_value": shown_value}
    templates.globals = {**report.globals, "static": static_path}
    return templates


def render(visit: Visit, page: HtmlPage, csrf: str) -> bytes:
    """Fill the template of a page.

    Args:
        visit: Who asks for it.
        page: What it shows.
        csrf: The token that its forms carry; empty: it has none.
    """
    common: dict[str, Any] = {
        "visit": visit,
        "identity": visit.identity,
        "csrf": csrf,
        "navigation": navigation(visit),
        "done": visit.asked("done"),
    }
    template = console_templates().get_template(f"console/{page.template}")
    return template.render(**common, **page.values).encode()
