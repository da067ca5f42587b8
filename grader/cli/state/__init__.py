"""`grader state`: keep class list, decisions and records in a private repository on the forge, without the secret."""
