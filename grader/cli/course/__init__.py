"""`grader course`: questions about course.yaml."""
