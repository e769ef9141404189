"""Objects as PagerDuty writes them."""
