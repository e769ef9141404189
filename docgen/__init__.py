"""Documentation that is generated from the code. Not shipped: ``make docs`` runs it."""
