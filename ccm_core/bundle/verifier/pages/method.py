"""The page ``pages/method.html``: what shows that the method works, and what there is none of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ccm_core.bundle.verifier.method_facts import StatedStretch
from ccm_core.bundle.verifier.pages.facts import PageFacts
from ccm_core.bundle.verifier.pages.layout import counted, html_page, instant, table, text

TITLE = "How do you know that the method works?"
STRETCH_HEAD = ("From the evaluation of", "To that of", "Evaluations")
UNRECORDED = (
    "<li><strong>The outcome of the tests, or mutation results, of some packs</strong>: those that "
    "say so above. The tests are in the texts under <code>packs/</code>, which the digests cover; "
    "with ccm of the version above, <code>ccm rules test packs/*.yaml</code> and <code>ccm rules "
    "mutate packs/*.yaml</code> find out.</li>"
)
ABSENT = (
    (
        "<li><strong>Results of connector conformance tests</strong> for the plugin versions "
        "above. They are run where a connector is developed, and nothing of them is recorded with "
        "an evaluation.</li>"
    ),
    (
        "<li><strong>Who or what started an evaluation</strong>: a person or a scheduler. The "
        "ledger states each evaluation and its moment, and not who asked for it.</li>"
    ),
)


def method_page(facts: PageFacts) -> bytes:
    """Return the page."""
    body = [
        (
            "<p>Everything on this page was recorded with the evaluations and collections of the "
            "period, and is covered by the proofs of the package, except where it says that "
            "there is no evidence of something.</p>"
        ),
        *selection_section(facts),
        *packs_section(facts),
        *validation_section(facts),
        *versions_section(facts),
        *rights_section(facts),
        *narrowing_section(facts),
        (
            "<section>\n<h2>What the verifier computes itself</h2>\n<p>The verifier does not "
            "take the results over: it counts from the result on each single item how many "
            "passed and failed, whether the evidence was complete, what the exceptions and "
            "evidence gaps are, and which items the samples have. It does not evaluate the rules "
            "again.</p>\n</section>"
        ),
        "<section>\n<h2>What this package has no evidence of</h2>\n<ul>",
        *([] if all(row[3] for row in validation_rows(facts)) else [UNRECORDED]),
        *ABSENT,
        "</ul>\n</section>",
    ]
    return html_page("pages/method.html", TITLE, body)


def selection_section(facts: PageFacts) -> Iterator[str]:
    """Yield how items were selected, and when evaluations were made."""
    method = facts.history.method
    yield "<section>\n<h2>Selection and timing</h2>"
    yield (
        "<p>Census: each evaluation tested every item that its evidence held; nobody selected "
        "items. It is proven which snapshots an evaluation read. Of events, such as incidents, it "
        "is proven what was collected, and not that an evaluation read every one from before the "
        "period: <code>ccm verify</code> shows that on the company's store. The "
        '<a href="samples.html">samples</a> are random, and serve for performing tests again.</p>'
    )
    yield (
        f"<p>{counted(method.on_time + method.as_of, 'evaluation')}, of the period and of the "
        f"seven days after it: {method.on_time} as of the moment at which they were made, "
        f"{method.as_of} as of a past moment (these clear nothing).</p>\n</section>"
    )


def packs_section(facts: PageFacts) -> Iterator[str]:
    """Yield the rule packs that were evaluated; their tests are in the same texts."""
    packs = facts.history.method.packs
    yield "<section>\n<h2>Rule packs and their tests</h2>"
    yield (
        "<p>Each digest covers the rules and their tests alike: the text is "
        "<code>packs/DIGEST.yaml</code>. Two lines of one pack mean that it was changed.</p>"
    )
    yield from table(
        ("Pack", "Version", "Digest (SHA-256)", *STRETCH_HEAD),
        (
            (text(name), text(version), f"<code>{text(digest)}</code>", *stretch_cells(packs[key]))
            for key in sorted(packs)
            for name, version, digest in [key]
        ),
        len(packs),
        "contents/evaluations.jsonl",
    )
    yield "</section>"


METHODS = {"tests": "its tests", "mutations": "mutations of its tests"}


def validation_section(facts: PageFacts) -> Iterator[str]:
    """Yield what validated the packs, as it was recorded where it was run."""
    rows = list(validation_rows(facts))
    yield "<section>\n<h2>Validation of the packs</h2>"
    yield (
        "<p>Each rule carries tests with made-up records and the result that it must have. A "
        "mutation removes evidence from a test: no result may become a pass by it. The ledger "
        "states these outcomes for the very versions above, where the company recorded them; it "
        "is proven that they were recorded, and running them again shows whether they hold.</p>"
    )
    yield from table(
        ("Pack", "By", "Passed", "Failed", "At", "With ccm", "Outcome (SHA-256)"),
        (
            (
                f"{text(name)} <small>{text(digest)}</small>",
                METHODS[method],
                *(
                    (
                        text(leaf["passed"]),
                        text(leaf["failed"]),
                        instant(leaf["at"]),
                        text(leaf["host_version"]),
                        f"<code>{text(leaf['digest'])}</code>",
                    )
                    if leaf
                    else ("none recorded", "", "", "", "")
                ),
            )
            for name, digest, method, leaf in rows
        ),
        len(rows),
        "ledger/@store/leaves.txt",
    )
    yield "</section>"


def validation_rows(
    facts: PageFacts,
) -> Iterator[tuple[str, str, str, Mapping[str, Any] | None]]:
    """Yield each pack by each method, with the leaf of what was recorded last; None: nothing."""
    last = {(leaf["pack_digest"], leaf["method"]): leaf for leaf in facts.validations}
    for name, _, digest in sorted(facts.history.method.packs):
        for method in METHODS:
            yield name, digest, method, last.get((digest, method))


def versions_section(facts: PageFacts) -> Iterator[str]:
    """Yield the versions of ccm and its plugins that collected and evaluated."""
    rows = sorted(
        {("evaluation", *version) for document in facts.inputs for version in versions_of(document)}
        | {
            (f"collection over {source.connection}", *version)
            for source in facts.collecting
            for run in source.runs
            for version in versions_of(run)
        }
    )
    yield "<section>\n<h2>Versions used</h2>"
    yield from table(
        ("Used for", "Software", "Distribution", "Version", "Problem"),
        (tuple(map(text, row)) for row in rows),
        len(rows),
        "contents/manifests.jsonl",
    )
    yield "</section>"


def versions_of(document: Mapping[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    """Yield the versions that inputs or a manifest state: name, distribution, version, problem."""
    yield ("ccm", "ccm-core", document["host_version"], "")
    for plugin in document["plugins"]:
        yield (
            plugin["name"],
            plugin["distribution"],
            plugin["version"],
            plugin["failure"] or "",
        )


def rights_section(facts: PageFacts) -> Iterator[str]:
    """Yield with which credentials was read, and what they were shown to see."""
    rows = sorted(
        {
            (
                source.connection,
                run["connector"],
                credential["kind"],
                credential["role"] or "not stated",
                ", ".join(credential["scopes"])
                if credential["scopes"] is not None
                else "not stated",
                credential["account"] or "not stated",
                credential["visibility"],
            )
            for source in facts.collecting
            for run in source.runs
            for credential in [run["credential"]]
            if credential is not None
        }
    )
    yield "<section>\n<h2>Credentials and rights</h2>"
    yield "<p>As the source stated them to each run. Where a credential may not see the whole of "
    yield "an account, no list counts as complete.</p>"
    yield from table(
        ("Connection", "Connector", "Credential", "Role", "Scopes", "Account", "Sees"),
        (tuple(map(text, row)) for row in rows),
        len(rows),
        "contents/manifests.jsonl",
    )
    yield "</section>"


def narrowing_section(facts: PageFacts) -> Iterator[str]:
    """Yield what settings changed, left out or switched off, and which plugins did not load."""
    method = facts.history.method
    stated = {**method.narrowing, **method.plugin_failures, **method.switched_off}
    yield "<section>\n<h2>What settings changed or left out</h2>"
    if stated:
        yield from table(
            ("What", *STRETCH_HEAD),
            ((text(words), *stretch_cells(stated[words])) for words in sorted(stated)),
            len(stated),
            "contents/evaluations.jsonl",
        )
    else:
        yield "<p>Nothing: the rule packs were evaluated with their own parameters.</p>"
    yield "</section>"


def stretch_cells(stretch: StatedStretch) -> tuple[str, str, str]:
    """Return the cells that say from when to when something was stated."""
    return instant(stretch.first), instant(stretch.last), text(stretch.evaluations)
