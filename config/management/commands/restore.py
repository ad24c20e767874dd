"""``manage.py restore FILE``: brings a backup back into an empty place, and compares it."""

from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from config import backups


class Command(BaseCommand):
    help = "Restores a backup into an empty database and storage. Refused while the site is running."
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", type=Path)
        parser.add_argument("--over", action="store_true", help="delete what is in the database now")
        parser.add_argument("--check", action="store_true", help="only verify the archive; change nothing")

    def handle(self, *, path: Path, over: bool, check: bool, **options: Any) -> None:
        try:
            if check:
                about = backups.verified(path)
                self.stdout.write(f"{path} is whole: {len(about['sha256']) - 1:,} files and the database.")
                return
            n = backups.restore(path.resolve(), tell=self.stdout.write, over=over)
        except backups.Failed as error:
            raise CommandError(str(error)) from error
        call_command("migrate", interactive=False, verbosity=0)  # a backup of an older version
        self.stdout.write(f"Restored and compared: the database and {n:,} files.")
