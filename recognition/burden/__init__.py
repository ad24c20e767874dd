"""What a round of applications costs: the estimate, and the hours that applicants and reviewers report."""
