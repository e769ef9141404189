"""The pages of integrations: connectors, connections, their health, and the steps to connect one."""
