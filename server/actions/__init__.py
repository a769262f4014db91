"""The acts: load, decide, write, record. They never commit and never read the request."""
