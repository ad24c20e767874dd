"""The applicant's part: filling in, submitting, reading where the application stands; entry from paper."""
