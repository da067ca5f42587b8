"""Cheat, in the jail: each file is the text that a cheap strategy adds to the end of a module of a submission."""
