"""Rows to measure with (``manage.py make_load_data``): in bulk, as the models' own methods would leave them.

They come in blocks of 500 utilities. The first block has what is under way; the applications of the second are decided,
as those of earlier years are. All others are copies of the second (``copies.py``).
"""
