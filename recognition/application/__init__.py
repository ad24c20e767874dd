"""An application's content: as plain values, and as labeled parts for pages and print."""
