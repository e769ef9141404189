"""What pytest loads for every test of the project, those of the plugins included."""

from __future__ import annotations

pytest_plugins = ["attack_table"]
