"""The system as a whole: what all registers together say, and what leaves the system."""
