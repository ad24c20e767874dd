"""Measures pages, reports and processes: ``python -m bench`` (or ``make bench``). No test depends on the figures.

Creates a separate database on the configured (or embedded) PostgreSQL, fills it, measures, and drops it.
"""
