"""Import class lists of other systems into ours.

formats.py    recognises by the header which system wrote a file, and reads its rows as facts under our column names
merge.py      joins those facts with the class list by id, e-mail or login, and names the line where something is missing
"""
