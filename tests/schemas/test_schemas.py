"""Finding the JSON Schemas that are shipped."""

from __future__ import annotations

import pytest

from ccm_core import schemas
from ccm_core.errors import UsageError


@pytest.mark.parametrize("name", schemas.names())
def test_every_shipped_schema_is_a_json_schema(name):
    """Every document of the folder loads and is a valid schema of the 2020-12 dialect."""
    from jsonschema import Draft202012Validator

    schema = schemas.load(name)

    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator.check_schema(schema)


def test_schema_names_are_sorted_and_without_suffix():
    """A name is the file's name without what all of them end in."""
    assert "settings.v1" in schemas.names()
    assert list(schemas.names()) == sorted(schemas.names())


def test_a_missing_schema_is_named():
    """A name that is not there is told with those that are, and with the next step."""
    with pytest.raises(UsageError, match=r"'settings\.v99'.*settings\.v1.*Install ccm-core again"):
        schemas.load("settings.v99")
