"""Class lists of other systems, brought into ours.

formats.py    which system wrote a file, told by its header; its rows as facts in our words
merge.py      those facts joined with the class list by id, e-mail or login, and what is missing asked for by line
"""
