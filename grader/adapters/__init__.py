"""Other classrooms' forms: what courses come from, and what tools around them still read. Schemas are in docs/schema/.

autograding.py   GitHub Classroom's result of a test run, and the notices its reporter left
classroom50.py   Classroom 50's result.json
old_grades.py    GitHub Classroom's CSV of grades, read
"""
