"""Who is told of a cycle's recognitions, and what was sent (CWA 501(e)(3); 40 CFR 105.14 to 105.16)."""
