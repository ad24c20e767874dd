"""The notices of a cycle's recognitions, and the record of what was sent (CWA 501(e)(3); 40 CFR 105.14 to 105.16)."""
