"""`grader decide`: write decisions of staff into the file of decisions. Records never change."""
