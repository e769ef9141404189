"""``ccm serve``: the web console, the daemon's cycle beside it, and the tokens of programs."""
