"""Run the command line. Each verb has its own file, which parses, calls the pipeline and prints."""
