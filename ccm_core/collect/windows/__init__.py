"""Reads windows, splits them, and stores what they returned: in parts where they take long."""
