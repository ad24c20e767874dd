"""``manage.py came_back FILE``: marks the emails that were returned. The file has an address in each line.

After the address, a line may say why, separated by a space: ``joe@example.org 550 No such user``. ``-`` reads from the
standard input, so that a program which reads the mailbox can hand them over.
"""

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from letters.models import Delivery

WHY = "Returned by email."


class Command(BaseCommand):
    help = "Marks the newest email to each address in a file as returned. Letters no longer go to these addresses."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="one address a line, then perhaps why; - for the standard input")

    def handle(self, *args: Any, **options: Any) -> None:
        path = options["file"]
        lines = (sys.stdin.read() if path == "-" else Path(path).read_text(encoding="utf-8")).splitlines()
        for line in lines:
            address, _, why = line.strip().partition(" ")
            if address:
                found = Delivery.objects.came_back(address, why=why.strip()[:300] or WHY)
                self.stdout.write(f"{address}: {'returned' if found else 'no email was sent there'}")
