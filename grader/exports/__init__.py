"""Write grades in the forms that other systems import, and a student's own data in a form that the student can read.

sheet.py       one line for each student, and cells that no spreadsheet takes for a formula
canvas.py moodle.py gradescope.py plain.py    one table each, as the importer of that system reads it
personal.py    all data about one student
"""
