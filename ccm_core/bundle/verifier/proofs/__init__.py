"""Trees, signatures and the leaves of logs."""
