"""Make a store of an age from a sample: ``hour_age.py SAMPLE FOLDER --age year``."""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

from hour_ages import grow, sample_of
from hour_sizes import AGES
from later_workspace import PORTS

from ccm_core.app.workspace import Workspace


def main() -> int:
    """Read the sample, and grow the store beside the same settings."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sample", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--age", choices=AGES, required=True)
    options = parser.parse_args()
    sampled = Workspace.open(options.sample / "ccm.yaml", PORTS)
    (connection,) = sampled.connections(secrets=False)
    host = sampled.host
    cadences = {
        collector.kind: connection.cadences.get(collector.kind, host.kinds[collector.kind].cadence)
        for collector in connection.collectors
    }
    with sampled.read_store() as store:
        sample = sample_of(store, connection.name, cadences)
    options.folder.mkdir(parents=True)
    shutil.copy(options.sample / "ccm.yaml", options.folder)
    with Workspace.open(options.folder / "ccm.yaml", PORTS).write_store(create=True) as store:
        grow(store, sample, AGES[options.age])
    return 0


if __name__ == "__main__":
    sys.exit(main())
