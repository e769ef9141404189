"""The simulated account: objects, incident logs, rendered schedules."""
