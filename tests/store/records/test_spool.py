"""Bodies wait outside memory until their window is kept."""

from __future__ import annotations

import gc
import os
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccm_core.errors import StoreError
from ccm_core.model import json_codec
from ccm_core.model.digest import digest
from ccm_core.model.evidence.write_batch import WriteBatch
from ccm_core.store.codec.bodies import verified
from ccm_core.store.records.spool import Spool


@given(st.lists(st.binary(max_size=3000)), st.randoms())
def test_spooled_bodies_are_read_in_any_order(tmp_path_factory, bodies, random):
    """Bodies are read back whole, whatever was put away before or is put away between."""
    spool = Spool(tmp_path_factory.getbasetemp())
    spooled = [(data, spool.encode_body(data)) for data in bodies]
    random.shuffle(spooled)
    for data, body in spooled:
        assert verified(body.content, body.digest) == data
        assert (body.size, body.digest) == (len(data), digest(data))
        spool.encode_body(b"later")


def test_a_large_window_leaves_no_name_on_the_disk(store, build, tmp_path):
    """What outgrows the memory lies in a file that nobody sees, and is kept all the same."""
    before = {path.name for path in tmp_path.iterdir()}
    collection, pack = build.collection("c1"), store.records.packer(build.kind)
    noise = {f"k{n}": json_codec.encode({"n": n, "noise": digest(b"%d" % n)}) for n in range(5000)}
    observations = [
        replace(build.observation(collection, key, None), body=pack(data))
        for key, data in noise.items()
    ]
    assert {path.name for path in tmp_path.iterdir()} == before

    store.records.append(WriteBatch(collection=collection, observations=observations))

    stored = {
        record.key: json_codec.encode(record.body)
        for record in store.records.current("demo", "demo.thing")
    }
    assert stored == noise
    del observations, pack
    gc.collect()  # a file that was left open would warn now


def test_a_spool_folder_without_room_is_named(tmp_path):
    """Where nothing can be put away, the folder and the reason are told."""
    spool = Spool(tmp_path / "gone")
    with pytest.raises(StoreError, match=r"no room in .*gone.*No such file"):
        spool.encode_body(os.urandom(1_000_000))
