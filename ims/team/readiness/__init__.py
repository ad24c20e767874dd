"""How ready a utility is for a management system: success factors and barriers (guide 2004, §3.1.1, §3.3)."""
