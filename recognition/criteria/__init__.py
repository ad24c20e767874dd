"""The criteria: their models, the completeness rules, and the admin pages."""
