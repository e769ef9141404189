"""The catalogues that results join: control ids, statements, and where each catalogue is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.model.framework import statement_id
from ccm_core.report.content.cell_width import plain
from ccm_core.report.formats.oscal.tokens import line, prop, token

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ccm_core.model.evaluation.result import ControlResult
    from ccm_core.model.framework import Catalogue, Catalogues
    from ccm_core.model.json_codec import JsonObject
    from ccm_core.report.formats.oscal.tokens import Ids


def control_id(control: ControlResult, catalogues: Catalogues) -> str:
    """Return the id of a control in its OSCAL catalogue; without one, a token of our own."""
    catalogue = catalogues.get(control.framework)
    requirement = catalogue.requirements.get(control.id) if catalogue else None
    return requirement.oscal_id if requirement and requirement.oscal_id else token(control)


def target_id(control: ControlResult, catalogues: Catalogues) -> str:
    """Return the id of the statement that a finding is about."""
    return statement_id(control_id(control, catalogues))


def selections(
    controls: Sequence[ControlResult], catalogues: Catalogues, ids: Ids
) -> list[JsonObject]:
    """Return the controls that were reviewed, by framework."""
    if not controls:
        # The schema asks for a control at least; this one is in no catalog.
        nothing = [{"control-id": "_none"}]
        return [{"description": "No check names a control.", "include-controls": nothing}]
    frameworks = sorted({control.framework for control in controls})
    return [
        _selection(
            name,
            {control_id(one, catalogues) for one in controls if one.framework == name},
            catalogues.get(name),
            ids,
        )
        for name in frameworks
    ]


def _selection(name: str, numbers: set[str], catalogue: Catalogue | None, ids: Ids) -> JsonObject:
    selection: JsonObject = {
        "description": line(catalogue.title if catalogue else name),
        "props": [prop("framework", name)],
        "include-controls": [{"control-id": number} for number in sorted(numbers)],
    }
    if catalogue is not None:
        selection["links"] = [{"href": f"#{_resource(name, ids)}", "rel": "reference"}]
    return selection


def resources(catalogues: Catalogues, ids: Ids) -> Iterator[JsonObject]:
    """Yield each catalogue for the back matter: where its publisher has it, and how to write it."""
    for name, catalogue in sorted(catalogues.items()):
        resource: JsonObject = {
            "uuid": _resource(name, ids),
            "title": line(f"{catalogue.title} ({catalogue.version})"),
            "description": plain(
                f"The catalogue of {name}, by {catalogue.publisher}; `ccm frameworks export {name}`"
                " writes it, with these ids."
            ),
            "props": [prop("framework", name)],
        }
        if catalogue.oscal_href:
            resource["rlinks"] = [
                {"href": catalogue.oscal_href, "media-type": "application/oscal.catalog+json"}
            ]
        yield resource


def _resource(name: str, ids: Ids) -> str:
    return ids.of("catalogue", name)
