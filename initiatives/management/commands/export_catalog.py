"""``manage.py export_catalog catalog.yaml`` (or ``.xlsx``) exports the whole catalog to one file."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from initiatives import exchange


class Command(BaseCommand):
    help = "Writes the whole catalog to a file, as YAML or XLSX by the file's ending."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        kind = path.suffix.lstrip(".").replace("yml", "yaml")
        if kind not in exchange.FILES:
            raise CommandError("The file name must end in .yaml or .xlsx.")
        _, made = exchange.FILES[kind]
        try:
            path.write_bytes(made())
        except exchange.TooLong as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"The catalog was exported to {path}.")
