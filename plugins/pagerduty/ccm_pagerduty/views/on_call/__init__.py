"""Views over schedules and escalation policies."""
