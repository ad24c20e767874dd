"""The three reviews: queues, completeness, compliance, panel."""
