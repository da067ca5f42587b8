"""The trust boundary. `inside/` is all of our code that enters the jail; everything else stays with the answers."""
