"""A utility's integrated management system as it is run: registers of records, one for each element."""
