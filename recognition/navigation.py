"""Registers the navigation links to the recognition program and its public list of recognized utilities."""

from workflow.navigation import Link, register

REGISTER = frozenset({"recognition:register", "recognition:register_entry"})

register(
    Link("Recognition", "recognition:list", order=30, for_members=True),
    Link("Recognized utilities", "recognition:register", order=60, pages=REGISTER, within="recognition:list"),
)
