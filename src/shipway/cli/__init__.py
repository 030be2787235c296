"""The command line: parse, call an action, render. One file per verb, named like the action it calls."""

from shipway.cli.app import main

__all__ = ["main"]
