"""Who may use the console, and for what: identities, roles, sessions, and the guard before routes."""
