"""Manage the class: who is in it, where their repositories live, what they receive, and what is posted to them.

roster.py     the class list; tables.py reads it and other tables; enrolment/ imports lists of other systems into it
staff.py      which TA helps which sections, and so may read which repositories
forge.py      the questions that a forge answers; disk.py answers with a folder of bare repositories, github/ with an organisation
template.py   the files of a student's repository; repo_facts.py what the repository knows about the course
provision.py  gives every student a repository and the right to push to it
release.py    plan and apply; release_content.py compares a release with one repository, three_way.py is the rule for one file
posting.py    posts a verified record; posted_ledger.py remembers what was posted
state_repository.py keeps the course's state in a repository on the forge

Import from these files. This file imports nothing, so that a command loads only what it needs.
"""
