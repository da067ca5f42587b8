"""`grader roster`: the class list, from other systems' lists, and whether it is right."""
