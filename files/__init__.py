"""Uploaded files: checked, stored and served. The app that owns a file decides who may download it."""
