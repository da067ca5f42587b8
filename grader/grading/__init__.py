"""Grade a submission and write a record: copy the files that may be graded, run the suite in a jail, note the outcome."""
