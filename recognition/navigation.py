"""Registers the navigation links to the recognition program and its public register."""

from workflow.navigation import Link, register

REGISTER = frozenset({"recognition:register", "recognition:register_entry"})

register(
    Link("Recognition", "recognition:list", order=30, for_members=True),
    Link("Register", "recognition:register", order=60, pages=REGISTER),
)
