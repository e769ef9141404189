"""Serializers: objects as PagerDuty sends them."""
