"""Integrations: connectors, connections and their health, and the steps to connect one."""
