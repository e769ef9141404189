"""PagerDuty, read for ccm."""
