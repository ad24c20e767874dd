from django.apps import AppConfig


class WorkerApp(AppConfig):
    name = "tests.reports"
    label = "tests_reports"

    def ready(self) -> None:
        from reports import kinds
        from tests.reports.slow_kind import KIND

        kinds.register(KIND)
