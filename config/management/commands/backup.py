"""``manage.py backup FILE``: the database and the files in one archive, which is read again before it gets its name."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from config import backups


class Command(BaseCommand):
    help = "Writes the database and all files into one ZIP, and verifies it. The site may be running."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", nargs="?", type=Path, help="the ZIP, or a folder for it", default=Path())

    def handle(self, *, path: Path, **options: Any) -> None:
        path = path.resolve()
        if path.is_dir():
            path /= f"headworks-{timezone.now():%Y-%m-%d-%H%M%S}.zip"
        try:
            made = backups.back_up(path)
        except backups.Failed as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{made.path}: {made.files:,} files, {made.size / 1e6:,.1f} MB, verified.")
        for name in made.missing:
            self.stderr.write(f"Missing in the storage, though a row has it: {name}")
