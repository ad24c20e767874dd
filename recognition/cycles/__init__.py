"""The rounds of the program: the tabs that lead through a cycle's pages, and its administration."""
