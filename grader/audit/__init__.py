"""Is a module fit to give to students? What the editions cannot know without running them."""
