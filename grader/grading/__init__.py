"""Submission in, record out: copy what may be graded, run its suite across the boundary, write down what happened."""
