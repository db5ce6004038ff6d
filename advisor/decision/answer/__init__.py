"""The judged options as the answer: objects, lines, reasons and words."""
