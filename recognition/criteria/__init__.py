"""The criteria of an edition: its tables, the rules of completeness, their pages in the administration."""
