"""The registers of Check: measures, their readings and the quarterly performance report (guide 2004, §4.3)."""
