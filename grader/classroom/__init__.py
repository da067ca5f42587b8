"""The class: who is in it, where their repositories live, what they are given, what is collected, what is posted.

roster.py     the class list; tables.py reads it and others; enrolment/ brings other systems' lists into it
staff.py      who helps which sections, and so may read which repositories
forge.py      what is asked of a forge; disk.py answers with a folder of bare repositories, github/ with an organisation
template.py   the files of a student's repository; facts.py what it knows of the course
provision.py  everybody has a repository and may push to it
release.py    plan and apply: offer.py meets one repository, three_way.py is the rule for one file
collect.py    who has pushed
regrade.py    grade again what counts, and say whose score changes
publish.py    post a verified record; posted.py remembers what was

Import from these; nothing is imported here, so that a command loads only what it needs.
"""
