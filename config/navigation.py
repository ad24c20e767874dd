"""The links of the home page and of the guides."""

from workflow.navigation import Link, Place, register

register(Link("Home", "home", order=10, for_members=True, pages=frozenset({"home"})))
register(Link("User guides", "guides", order=20, pages=frozenset({"guide"}), place=Place.FOOT))
