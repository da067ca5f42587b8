"""The forge on GitHub: the interface of ../forge.py over GitHub's REST API and git.

token.py       the token, and how nothing but GitHub ever sees it
patience.py    how long to wait: limits that GitHub names, our own pace, trouble that passes
etags.py       answers kept, so that asking again for what has not changed costs nothing
client.py      one request, with all of the above
mirror.py      git: a bare copy of each repository on this machine
access.py      who may write to a repository, and who is invited
protection.py  rules that keep branches and workflows as they are
forge.py       GitHubForge; connect.py makes one from a name and the environment
"""
