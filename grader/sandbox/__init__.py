"""Hold the trust boundary. `inside/` is all of our code that enters the jail; all other code stays with the answers."""
