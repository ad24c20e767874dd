"""What a utility integrates: the opportunities it takes up, and its road map."""
