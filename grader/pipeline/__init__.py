"""Run the five steps of a term: collect, grade, record, report, publish. Each is a function that takes and returns data."""
