"""``manage.py screen``: checks a cycle's applications in ECHO's weekly files, in this process, without a worker."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import IntegrityError, transaction
from django.db.models import Count

from echo.reading import Verdict
from recognition.models import Cycle, Screening
from recognition.screening import running as screening


class Command(BaseCommand):
    help = "Compares a cycle's applications under review with ECHO's weekly files and stores the findings."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("cycle", type=int, metavar="ID", help="the number of the cycle")
        parser.add_argument(
            "--from",
            dest="folder",
            type=Path,
            metavar="FOLDER",
            help=f"the folder with the files ({', '.join(screening.bulk.ARCHIVES)}); without it they are downloaded",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        folder: Path | None = options["folder"]
        if folder and not folder.is_dir():
            raise CommandError(f"{folder} is not a folder.")
        made = begun(options["cycle"])
        screening.run(made, folder)
        made.refresh_from_db()
        for file in made.files:
            result = file["error"] or f"{file['rows']:,} rows, {file['refused']:,} rejected, dated {file['date']}"
            self.stdout.write(f"{file['name']:<40} {result}")
        if made.status != Screening.Status.DONE:
            raise CommandError(made.error or "Another process stopped it.")
        for verdict, n in made.findings.order_by("verdict").values_list("verdict").annotate(Count("pk")):
            self.stdout.write(f"{Verdict(verdict).label:<40} {n:,}")


def begun(cycle_pk: int) -> Screening:
    """Raises CommandError without such a cycle or during a screening."""
    cycle = Cycle.objects.filter(pk=cycle_pk).first()
    if cycle is None:
        raise CommandError(f"Cycle {cycle_pk} does not exist.")
    try:
        with transaction.atomic():
            return Screening.objects.create(cycle=cycle)
    except IntegrityError as error:
        raise CommandError("A screening of this cycle is already in progress.") from error
