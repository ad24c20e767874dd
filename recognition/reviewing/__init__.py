"""The completeness, compliance and panel reviews, and their queues."""
