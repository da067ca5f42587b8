"""Translate results to and from the forms of other classroom systems. Their schemas are in docs/schema/.

autograding.py   writes GitHub Classroom's result of a test run, and the notices that its reporter left
classroom50.py   writes Classroom 50's result.json
old_grades.py    reads GitHub Classroom's CSV of grades
"""
