"""The statistics of a cycle: calculation, tables, charts."""
