"""The cross-functional team (guide 2004, §3.1.3): the functions at the table, who represents each, subgroups."""
