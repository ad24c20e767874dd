"""Letters on paper: the list that staff print from, the letters as PDF, and the record that they were mailed."""
