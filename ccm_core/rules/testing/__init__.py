"""Test rule packs: run their cases and mutate their evidence."""
