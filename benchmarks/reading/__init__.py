"""Stored runs as people read them: lines, tables, comparisons, findings."""
