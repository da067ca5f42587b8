"""Code that cheats, in the jail: each file is the text that a cheap strategy puts at the end of a module of a submission."""
