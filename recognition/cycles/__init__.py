"""The cycles of the program: the tabs of a cycle's pages, and the admin pages."""
