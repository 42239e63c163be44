"""Cuts in, decisions out: the only room that knows editorial formats."""
