"""The shapes of input, one module for each part of the room's pages."""
