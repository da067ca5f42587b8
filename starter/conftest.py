"""Load the course's pytest plugins: scored checks with seeded inputs, and the summary at the end of a run."""

pytest_plugins = ["checks.plugin", "checks.summary"]
