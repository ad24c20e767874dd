"""The links to a person's account and utilities."""

from workflow.navigation import Link, Place, register

register(
    Link("My account", "me", order=10, for_members=True, pages=frozenset({"me"}), place=Place.MENU),
    Link("My utilities", "accounts:list", order=20, for_members=True, place=Place.MENU),
)
