"""`grader roster`: import other systems' lists into the class list, and check it."""
