"""The tables, what each person may see of them, the feed of changes and the audit."""
