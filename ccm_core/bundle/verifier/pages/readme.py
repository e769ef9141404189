"""The first steps with an evidence package in plain text, ``README.txt``."""

from __future__ import annotations

from ccm_core.bundle.verifier.pages.facts import PageFacts
from ccm_core.bundle.verifier.pages.layout import plain

README = """\
EVIDENCE PACKAGE FOR {period}

Evidence from {since} up to {until},
collected from {connections}.
It concludes on {controls} with {exceptions}.

READ IT
  Open index.html in a browser. It needs no network and runs no script.
  tables/ has exceptions, populations and samples for a spreadsheet.

VERIFY IT
  You need Python 3.9 or newer, and nothing else: no network, no account, no
  installed package. Keep the package as you received it, and run in its folder

    python3 verify.py package.zip

  verify.py is in the package. A package that somebody changed may hold a
  verifier that was changed: better take it from ccm-core, or from a package
  that you trust. To prove who signed it, name the public key as well, which
  you received by another way:

    python3 verify.py package.zip KEY

  The last line says "verified" where nothing was changed. To have the pages made
  anew by the verifier, so that you need not trust those in the package:

    python3 verify.py package.zip KEY --report FOLDER

  Exit codes: 0 verified, 3 not everything is proven, 5 a problem, 2 wrong use.

  This package was signed with
    {key}

WHAT IS PROVEN
  Where it verifies, everything in it is as it was recorded and nothing was left
  out; every page and table says what follows from it. It is not proven that the
  source answered truthfully, nor that the tests are right: index.html and
  pages/method.html say more.
"""


def readme(facts: PageFacts) -> bytes:
    """Return the text."""
    assurance, predicate = facts.assurance, facts.predicate
    controls = assurance["controls"]
    failing = sum(bool(control["exceptions"]) for control in controls)
    return README.format(
        period=plain(assurance["period"]),
        since=plain(assurance["since"]),
        until=plain(assurance["until"]),
        connections=plain(", ".join(predicate["connections"])),
        controls=f"{len(controls)} control{'' if len(controls) == 1 else 's'}",
        exceptions="no exceptions" if not failing else f"exceptions in {failing} of them",
        key=plain(facts.key),
    ).encode()
