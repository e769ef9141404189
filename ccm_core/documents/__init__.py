"""YAML documents that know where each of their values stands."""

from __future__ import annotations

from ccm_core.documents.document import Document, Path
from ccm_core.documents.explain import check
from ccm_core.documents.place import Place
from ccm_core.documents.reader import read_yaml

__all__ = ["Document", "Path", "Place", "check", "read_yaml"]
