"""YAML documents with the location of every value, for messages at line and column."""

from __future__ import annotations

from ccm_core.documents.document import Document, Path
from ccm_core.documents.error_phrases import quoted, suggest
from ccm_core.documents.location import Location
from ccm_core.documents.schema_errors import DocumentSchema, check
from ccm_core.documents.yaml_parser import read_yaml

__all__ = [
    "Document",
    "DocumentSchema",
    "Location",
    "Path",
    "check",
    "quoted",
    "read_yaml",
    "suggest",
]
