"""One annotated source, two editions. Import from the parts, so that grading loads only what it needs:

suite     what a suite's checks are, read without running it
errors    EditionError
text      a file's text, with one kind of line end
marks     the marks in a text, and the rules for where they may stand
regions   the functions a student writes
render    source, suite and handout → student and staff edition
surface   names, signatures and docstrings, which both editions must share
leaks     solution text where a student can read it
importing does a stub import?
rules     everything a module must keep to
build     write the editions, or say what has drifted
"""
