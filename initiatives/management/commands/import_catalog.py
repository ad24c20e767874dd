"""``manage.py import_catalog catalog.yaml`` (or ``.xlsx``) imports the catalog from one file, all or nothing."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from initiatives import exchange, importing


class Command(BaseCommand):
    help = "Imports a YAML or XLSX file of the catalog. Rows that are not in the file are not changed."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="Show what would change without changing anything.")
        parser.add_argument(
            "--over-newer", action="store_true", help="Import rows too that changed in the catalog since the export."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        try:
            contents = exchange.read(path.read_bytes())
        except (exchange.Unreadable, OSError) as error:
            raise CommandError(str(error)) from None
        plan = importing.dry_run(contents)
        for change in plan.changes:
            fields = ", ".join(label for label, _ in change.differences)
            since = f" ({change.since} in the catalog since the export)" if change.since else ""
            self.stdout.write(f"{change.table.name}: {change.kind}{since}: {change.key}: {fields}")
        if plan.conflicts and not options["over_newer"]:
            self.stdout.write(f"Skipped, because changed since the export: {len(plan.conflicts)}. See --over-newer.")
        if plan.unmarked:
            self.stdout.write(f"Without the version that was exported: {plan.unmarked} rows.")
        for table in plan.tables:
            said = f"{len(table['changes'])} changed or new, {table['unchanged']} unchanged"
            self.stdout.write(f"{table['name']}: {said}, {len(table['left'])} not in the file and not changed")
        if plan.faults:
            raise CommandError("\n".join(["Nothing was imported.", *(str(fault) for fault in plan.faults)]))
        if options["dry_run"]:
            self.stdout.write("Dry run: nothing was changed.")
            return
        over = [importing.ALL] if options["over_newer"] else []
        _, done = importing.carry_out(contents, plan.token, by=None, why=f"Imported from {path.name}", over=over)
        if not done:
            raise CommandError("The catalog has just changed. Nothing was imported.")
        self.stdout.write("Imported.")
