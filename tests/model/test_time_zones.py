"""Time zones have the names of the IANA and those of Ruby on Rails."""

from __future__ import annotations

import pytest

from ccm_core.model.time_zones import time_zone


@pytest.mark.parametrize(
    ("name", "zone"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        ("Eastern Time (US & Canada)", "America/New_York"),
        ("Bern", "Europe/Zurich"),
        ("Mumbai", "Asia/Kolkata"),
        ("UTC", "UTC"),
        ("Australia/Lord_Howe", "Australia/Lord_Howe"),
    ],
)
def test_a_zone_is_found_by_either_name(name, zone):
    """Services written with Rails hand over its own names."""
    assert time_zone(name).key == zone


@pytest.mark.parametrize("name", ["Nowhere/Land", "", "../UTC", "/etc/passwd", "Europe", None])
def test_a_name_that_is_no_zone_is_refused(name):
    """Nobody can know what it meant."""
    with pytest.raises(ValueError, match="there is no time zone"):
        time_zone(name)
