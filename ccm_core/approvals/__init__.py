"""Approvals of risk acceptances: what is signed, and whether it is. Pure, and offline."""
