"""Views of what PagerDuty sends to other tools: whose it is, and whether it is sent."""
