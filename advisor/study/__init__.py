"""The question: its types, its file, its template."""
