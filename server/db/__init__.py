"""The tables, what each person may see of them, the feed of changes and the audit."""

# Whoever writes a row, by whatever way, keeps the index of search with it.
import server.db.words  # noqa: F401
