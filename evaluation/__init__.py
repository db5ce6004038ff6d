"""Suites that judge the product on public data and by simulation."""
