"""Tickets in Jira and GitHub: what each finding needs of them, and how they are asked."""
