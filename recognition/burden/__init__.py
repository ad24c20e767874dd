"""The burden of a round of applications: the estimate, and the hours that applicants and reviewers report."""
