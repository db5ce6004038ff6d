"""Text files -> columns of texts: encodings, what stands before the header, and odd lines.

A file is read as a person would read it, and what was passed over is told; what cannot be read so
ends in one error with its line. Typing comes after: see `benchmarks.data.column_types`.
"""
