"""What leads the message of a function that did not find something in the evidence."""

from __future__ import annotations

NOT_IN_EVIDENCE = "not in the evidence: "
"""So that it is recognized as insufficient, and not as a mistake of the rule."""
