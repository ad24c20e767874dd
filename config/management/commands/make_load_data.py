"""``manage.py make_load_data``: fills an empty database with rows to measure with."""

import time
from collections.abc import Callable
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection, transaction

from accounts.models import User, Utility
from config.load import analyses, copies, program, records, utilities

MAX_BLOCKS, MADE = 100, 2  # blocks, and how many are made row by row


class Command(BaseCommand):
    help = (
        "Fills a database without data of people with rows to measure with. --scale 1 is 500 utilities, 1,000 gap"
        " analyses and 1,500 applications with three reviews each; --scale 100 is the country."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--scale", type=int, default=1, help=f"1 to {MAX_BLOCKS} (default: 1)")
        parser.add_argument("--password", default="", help="with which manager0, staff0 and others can sign in")

    def handle(self, *args: Any, scale: int, password: str, **options: Any) -> None:
        if not 1 <= scale <= MAX_BLOCKS:
            raise CommandError(f"--scale is 1 to {MAX_BLOCKS}.")
        if User.objects.exists() or Utility.objects.exists():
            raise CommandError("This database has data of people. Rows to measure with go into an empty one only.")
        call_command("load_catalog", stdout=self.stdout)
        began = time.monotonic()
        fill(scale, password, said=self.stdout.write)
        self.stdout.write(f"{time.monotonic() - began:.0f} s")


def fill(scale: int, password: str = "", said: Callable[[str], Any] = lambda words: None) -> program.Program:
    """Creates ``scale`` blocks of rows, each in a transaction of its own; from the third on, copies of the second."""
    with transaction.atomic():
        made = program.begin(password)
    for number in range(min(scale, MADE)):
        before = copies.last_keys()
        with transaction.atomic():
            places = utilities.build(number, password)
            analyses.build(places)
            records.build(places)
            program.build(made, number, places, password)
        said(f"{number + 1} of {scale}")
    if scale > MADE:
        block = copies.Block(made, before)
        for number in range(MADE, scale):
            block.copy()
            said(f"{number + 1} of {scale}")
        block.end()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # as autovacuum would within a minute
    return made
