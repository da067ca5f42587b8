"""A GitHub for tests: an HTTP server with state on loopback, real git behind it, every message held to GitHub's own contract.

contract.py   GitHub's OpenAPI description: is this request, this answer, one of GitHub's?
hub.py        what GitHub would know: people, repositories, pull requests, comments
rights.py     who may do what
limits.py     rate limits, primary and secondary
faults.py     trouble on demand, before the server has done what was asked or after
repos.py, pulls.py, posts.py   the operations
git_http.py   `git http-backend` for fetch and push
routes.py     which operation a request is for
server.py     one request from the socket to the answer
"""
