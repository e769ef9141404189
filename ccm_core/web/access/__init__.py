"""Who may use the console, and for what: identities, roles, sessions, and what guards them."""
