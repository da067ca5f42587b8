"""`grader course`: check course.yaml."""
