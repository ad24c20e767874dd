"""Everything of a utility as one ZIP, and the way back: what is in it, how it is written, checked and imported."""
