"""The algebra of windows: what is covered, and what is not."""

from __future__ import annotations

from ccm_core.model.evidence.window import Window, subtract, union

__all__ = ["Window", "subtract", "union"]
