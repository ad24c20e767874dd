from django.apps import AppConfig


class WorkerApp(AppConfig):
    name = "tests.reports"
    label = "tests_reports"

    def ready(self) -> None:
        from reports import kinds
        from tests.reports import bundle_kind, slow_kind

        for kind in (slow_kind.KIND, *bundle_kind.KINDS):
            kinds.register(kind)
