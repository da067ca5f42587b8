"""Do everything from course.yaml to a published report. Each room imports only rooms above it; see docs/architecture.md."""
