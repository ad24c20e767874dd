"""Status changes that follow a table and write an event row, saves that detect conflicts, and shared page parts.

All models here are abstract; each app has its own event table.
"""
