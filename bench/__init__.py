"""What each page, a report and the processes cost. ``python -m bench`` (or ``make bench``); no test fails by it.

A database of its own is made on the configured (or embedded) PostgreSQL, filled, measured and dropped.
"""
