"""Write what people read: reports of one record, badges, and the site with the leaderboard.

redact.py      a record becomes a view for one audience, staff or a student; every report is written from a view
words.py       the sentences that all reports share: a new sentence for a report goes here
markdown.py terminal.py html.py (with templates/) data.py    one form of a report each
folder.py      all forms of one report, as files
badges.py site.py pages.py    SVG badges, the leaderboard, and what pages share
"""
