"""Run the command `grader` as `python -m grader`."""

from .cli.app import main

main()
