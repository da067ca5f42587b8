"""`python -m grader` is `grader`."""

from .cli.app import main

main()
