"""A Docker engine of Debian's own, started by hand for the tests that need one, and ended without a trace."""
