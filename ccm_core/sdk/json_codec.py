"""JSON as the host writes and reads it; see :mod:`ccm_core.model.json_codec`."""

from __future__ import annotations

from ccm_core.model.digest import digest
from ccm_core.model.json_codec import JsonObject, decode, encode

__all__ = ["JsonObject", "decode", "digest", "encode"]
