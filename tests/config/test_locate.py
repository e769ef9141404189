"""Finding the settings file."""

from __future__ import annotations

from pathlib import Path

import pytest

from ccm_core.config.locate import find
from ccm_core.errors import UsageError


@pytest.mark.parametrize(
    ("chosen", "environment", "found"),
    [
        pytest.param("a.yaml", {"CCM_CONFIG": "b.yaml"}, "a.yaml", id="-c comes first"),
        pytest.param(None, {"CCM_CONFIG": "b.yaml"}, "b.yaml", id="then the environment"),
        pytest.param(None, {"CCM_CONFIG": ""}, "ccm.yaml", id="an empty variable says nothing"),
        pytest.param(None, {}, "ccm.yaml", id="then the working directory"),
    ],
)
def test_settings_file_is_found_by_option_variable_or_folder(tmp_path, chosen, environment, found):
    """The argument wins over the environment, which wins over the working directory."""
    for name in ("a.yaml", "b.yaml", "ccm.yaml"):
        (tmp_path / name).touch()

    path = find(Path(chosen) if chosen else None, environment=environment, folder=tmp_path)

    assert path == tmp_path / found


@pytest.mark.parametrize(
    ("chosen", "environment", "said"),
    [
        pytest.param("a.yaml", {}, r"no settings file .*a\.yaml \(named by -c\)", id="argument"),
        pytest.param(None, {"CCM_CONFIG": "b"}, r"\(named by CCM_CONFIG\)", id="environment"),
        pytest.param(None, {}, r"no ccm\.yaml in .*write one with `ccm init`", id="nowhere"),
    ],
)
def test_missing_settings_file_names_the_next_step(tmp_path, chosen, environment, said):
    """What named the file is told, and how to get one."""
    with pytest.raises(UsageError, match=said):
        find(Path(chosen) if chosen else None, environment=environment, folder=tmp_path)
