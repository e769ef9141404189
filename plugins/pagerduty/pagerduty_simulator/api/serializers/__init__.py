"""Objects as PagerDuty sends them."""
"""Objects as PagerDuty sends them."""
