"""Makers of small evidence, and a store on disk."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from evaluations_left import LeftEvaluations

from ccm_core.ledger.signed_note import unsigned
from ccm_core.model import json_codec
from ccm_core.model.digest import digest
from ccm_core.model.evaluation.result import Evaluation
from ccm_core.model.evidence.collection import Collection, Outcome
from ccm_core.model.evidence.manifest import Manifest
from ccm_core.model.evidence.record import Record, RecordSource, RejectedObject
from ccm_core.model.evidence.run import OpenRun
from ccm_core.model.evidence.write_batch import Observation, WriteBatch
from ccm_core.store.codec.bodies import compress_body
from ccm_core.store.interface.location import StoreLocation
from ccm_core.store.sqlite.open import open_store

T0 = datetime(2026, 1, 1, tzinfo=UTC)


class Build:
    """Makes values with what a test does not care about filled in."""

    connection = "demo"
    kind = "demo.thing"

    @staticmethod
    def at(minutes):
        """Return an instant, in minutes after the start of 2026."""
        return T0 + timedelta(minutes=minutes)

    def run(self, run="r1", *, connection=connection, at=0):
        """Return a run to begin."""
        return OpenRun(run=run, connection=connection, connector="demo", started_at=self.at(at))

    def collection(self, name, *, at=0, outcome=Outcome.COMPLETE, **changes):
        """Return a collection that ended ``at`` so many minutes."""
        values = {
            "run": "r1",
            "connection": self.connection,
            "kind": self.kind,
            "version": 1,
            "started_at": self.at(at - 1),
            "ended_at": self.at(at),
        }
        return Collection(id=name, outcome=outcome, **{**values, **changes})

    def observation(self, collection, key, body, **changes):
        """Return one observed object."""
        values = {
            "observed_at": collection.ended_at,
            "source": RecordSource(
                endpoint="/things",
                window=collection.window,
                page=1,
                response_digest=digest(b"page"),
            ),
            "body": compress_body(json_codec.encode(body)),
        }
        return Observation(key=key, **{**values, **changes})

    def record(self, harvest, key, body):
        """Return the record that comes of one observed object of a harvest."""
        collection = harvest.collection
        (observation,) = [
            observation for observation in harvest.observations if observation.key == key
        ]
        return Record(
            kind=collection.kind,
            version=collection.version,
            key=key,
            connection=collection.connection,
            observed_at=observation.observed_at,
            collection=collection.id,
            source=observation.source,
            body=body,
            digest=observation.body.digest,
        )

    def harvest(self, name, bodies, *, snapshot=False, rejected=(), **changes):
        """Return a harvest of bodies by key."""
        collection = self.collection(name, **changes)
        return WriteBatch(
            collection=collection,
            observations=[self.observation(collection, k, b) for k, b in bodies.items()],
            rejected=rejected,
            snapshot=snapshot,
        )

    def rejected(self, key="bad"):
        """Return an object that its schema refused."""
        source = RecordSource(endpoint="/things", page=1, response_digest=digest(b"page"))
        return RejectedObject(key=key, source=source, body={"n": "x"}, problems=("$.n: no number",))

    def manifest(self, run="r1", *, connection=connection, at=0, **changes):
        """Return the manifest of a run that ended ``at`` so many minutes."""
        values = {
            "connector": "demo",
            "started_at": self.at(at - 1),
            "ended_at": self.at(at),
            "host_version": "0",
            "settings_digest": digest(b"settings"),
            "outcome": Outcome.COMPLETE,
        }
        return Manifest(run=run, connection=connection, **{**values, **changes})

    def evaluation(self, at, *connections):
        """Return an evaluation made ``at`` so many minutes."""
        return Evaluation(
            evaluated_at=self.at(at),
            packs=(),
            connections=connections,
            sufficiency=(),
            rules=(),
            controls=(),
        )


class Key:
    """A signing key that is made from a word, so that it is the same each time."""

    def __init__(self, word="first"):
        self._key = Ed25519PrivateKey.from_private_bytes(sha256(word.encode()).digest())

    @property
    def public(self):
        """Return the public half."""
        return self._key.public_key().public_bytes_raw()

    def sign(self, data):
        """Sign."""
        return self._key.sign(data)


@pytest.fixture(scope="session")
def key():
    """Return a maker of signing keys."""
    return Key


@pytest.fixture(scope="session")
def build():
    """Return makers of small evidence."""
    return Build()


@pytest.fixture(scope="session")
def left(build):
    """Return makers of evaluations by change, with what they leave in a store."""
    return LeftEvaluations(build)


@pytest.fixture
def reopen(tmp_path):
    """Return a function that opens the test's store, and closes every one of them at the end."""
    opened = []

    def reopen(*keys, create=True, read_only=False, signing=None, **settings):
        settings = StoreLocation(**{"url": "sqlite:///ccm.db", **settings})
        signing = signing or ((lambda: keys) if keys else unsigned("no key in this test"))
        opened.append(
            open_store(settings, base=tmp_path, create=create, read_only=read_only, signing=signing)
        )
        return opened[-1]

    yield reopen
    for store in opened:
        store.close()


@pytest.fixture
def store(reopen, build):
    """Return a new store with the run ``r1`` begun."""
    store = reopen()
    store.runs.begin(build.run())
    return store


@pytest.fixture
def bodies(build):
    """Return a function that reads the state as bodies by key."""

    def read(store, *, as_of=None, kind=build.kind, connection=build.connection):
        return {r.key: r.body for r in store.records.current(connection, kind, as_of=as_of)}

    return read
