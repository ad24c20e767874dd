"""How the coverage of similar utilities spreads: who shares, what is published, and when."""
