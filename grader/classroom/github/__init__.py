"""Provide the forge on GitHub: the interface of ../forge.py over GitHub's REST API and git.

token.py       holds the token, and shows it to GitHub alone
patience.py    decides how long to wait: for GitHub's limits, for our own pace, for trouble that passes
etags.py       keeps answers, so that asking again about something unchanged costs nothing
client.py      makes one request, with all of the above
mirror.py      git: a bare copy of each repository on this machine
access.py      who may write to a repository, and who is invited
protection.py  rules that protect branches and workflows
forge.py       GitHubForge; connect.py makes one from a name and the environment
"""
