"""``ccm verify --reevaluate`` as people and programs see it."""

from __future__ import annotations

import shutil
from contextlib import closing
from dataclasses import replace

import pytest

from ccm_core.app.installation import all_plugins, build_host, clock
from ccm_core.pipeline.derive.evaluation import evaluate_changes
from ccm_core.pipeline.reproduce import stored_rules
from ccm_core.store.interface.location import StoreLocation
from ccm_core.store.sqlite.open import open_store

SERVICE = "pagerduty.service"


@pytest.fixture
def evaluated(ccm, connected, vault_key, folder):
    """A folder whose store has rows and verdicts."""
    ccm("collect")
    ccm("evaluate")
    return folder


def test_a_share_is_derived_anew(ccm, evaluated, validators):
    """How much of how much, by which seed, and how long it took: in words and as JSON."""
    output = ccm("verify", "--reevaluate", "50%", "--seed", "7")
    (line,) = (line for line in output.out.splitlines() if "derived anew" in line)
    assert (output.code, output.out.splitlines()[-1]) == (0, "everything is as it was stored")
    assert line.endswith("(50% by seed 7)")

    document = ccm("verify", "ccm.db", "--reevaluate", "100%", "--json").json
    anew = document["reevaluation"]
    assert validators("verification.v1").problems(document) == []
    assert (document["problems"], document["unproven"]) == ([], [])
    assert anew["subjects"] == anew["of_subjects"] > 0
    assert (anew["share"], anew["verdicts"] > 0, anew["seconds"] > 0) == (1.0, True, True)
    assert ccm("verify", "--json").json["reevaluation"] is None


def test_an_auditor_needs_the_store_and_the_plugins(ccm, evaluated):
    """No settings: a copy of the store is enough."""
    (evaluated / "ccm.yaml").unlink()
    shutil.copy(evaluated / "ccm.db", evaluated / "copy.db")
    assert ccm("verify", "copy.db", "--reevaluate", "100%").code == 0


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(("--reevaluate", "0%"), id="nothing"),
        pytest.param(("--reevaluate", "101%"), id="more than all"),
        pytest.param(("--reevaluate", "0.01"), id="no percent sign"),
        pytest.param(("--reevaluate", "-1%"), id="negative"),
        pytest.param(("--reevaluate", "nan%"), id="no number"),
        pytest.param(("--reevaluate", ""), id="empty"),
        pytest.param(("--reevaluate", "1%", "--seed", "x"), id="a seed that is no number"),
        pytest.param(("--seed", "7"), id="a seed alone"),
        pytest.param(("package.zip", "--reevaluate", "1%"), id="of a package"),
    ],
)
def test_what_is_no_share_is_a_usage_error(ccm, folder, arguments):
    """Exit 2, before anything is read; the option is named."""
    (folder / "package.zip").write_bytes(b"PK")
    output = ccm("verify", *arguments)
    assert (output.code, output.out) == (2, "")
    assert "--reevaluate" in output.err or "--seed" in output.err


def test_a_store_without_evaluation_proves_nothing_of_one(ccm, connected, vault_key):
    """Exit 3: what was asked for is not proven."""
    ccm("collect")
    output = ccm("verify", "--reevaluate", "1%")
    assert output.code == 3
    assert "not proven: nothing was derived anew: the store holds no evaluation" in output.out


def test_rows_that_somebody_with_the_key_made_up_are_damage(ccm, evaluated):
    """Exit 5; verifying alone finds nothing, since all of it was written by evaluating."""
    host = build_host(all_plugins())
    views = {
        name: replace(view, rows=lambda request, view=view: list(view.rows(request))[:-1])
        for name, view in host.views.items()
    }
    location = StoreLocation(url="sqlite:///ccm.db")
    with closing(open_store(location, base=evaluated)) as store:
        name = store.evaluations.newest_by_change()
        inputs = store.evaluations.inputs(name)
        packs = stored_rules(host, store, inputs)
        texts = [store.evaluations.document(pack.digest) for pack in inputs.packs]
        lying = replace(host, views=views)
        for connection in inputs.watch_scopes:
            store.derived.clear(connection.connection, clock())
        evaluation, act = evaluate_changes(
            lying, inputs.watch_scopes, store, packs, inputs.waivers, now=clock()
        )
        store.evaluations.append(evaluation, inputs, texts, act)

    assert "damaged" not in ccm("verify").out
    output = ccm("verify", "--reevaluate", "100%")
    assert output.code == 5
    assert "it is not kept, and the evidence gives such a row" in output.out
    assert "(100% by seed" in output.out
