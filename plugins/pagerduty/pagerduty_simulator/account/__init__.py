"""The simulated account: objects, incident log, rendered schedules."""
