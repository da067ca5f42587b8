"""Grades in the forms that other systems import, and a student's own data in one that they can read.

sheet.py       one line a student, and cells that no spreadsheet takes for a formula
canvas.py moodle.py gradescope.py plain.py    a table each, as that system's importer reads it
personal.py    everything that is held on one student
"""
