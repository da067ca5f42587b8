"""Make two editions of one annotated source. Import from the parts, so that grading loads only what it needs:

check_specs the checks of a suite, read without running it
problems  EditionError
text      read a file's text, with one kind of line end
marks     find the marks in a text, and check where they stand
regions   find the functions that a student writes
render    source, suite and handout → student and staff edition
surface   names, signatures and docstrings, which both editions must share
leaks     find solution text that a student can read
importing check that every stub imports
rules     check the rules for one module
build     write the editions, or say how the committed ones differ
"""
