"""All management programs at a glance: when, who carries how much, and which actions collide (guide 2004, §4.1.7)."""
