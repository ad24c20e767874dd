"""The home page's link."""

from workflow.navigation import Link, register

register(Link("Home", "home", order=10, for_members=True, pages=frozenset({"home"})))
