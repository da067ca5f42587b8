"""The command line: one verb a file, each a thin call into the rooms. The Makefile calls these and nothing else."""
