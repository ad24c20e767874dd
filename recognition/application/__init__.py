"""What an application says, as plain values: its content, and how it is read on a page or in print."""
