"""The daemon: collects every connection when it is due, for as long as the process lives."""
