"""`grader decide`: what staff decide beside the records, written into the file of decisions. No record is ever changed."""
