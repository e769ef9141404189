"""YAML documents that know where each of their values stands."""

from __future__ import annotations

from ccm_core.documents.document import Document, Path
from ccm_core.documents.explain import check
from ccm_core.documents.place import Place
from ccm_core.documents.reader import read_yaml
from ccm_core.documents.wording import quoted, suggest

__all__ = ["Document", "Path", "Place", "check", "quoted", "read_yaml", "suggest"]
