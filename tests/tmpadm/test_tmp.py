import time, pytest
from io import StringIO
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
pytestmark = pytest.mark.django_db
def test_it(catalog, monkeypatch):
    monkeypatch.setenv("HEADWORKS_DEMO","1"); monkeypatch.setenv("DEMO_PASSWORD","tell-me-a-river")
    import assessments.demo, recognition.demo
    real_a, real_r = assessments.demo.load, recognition.demo.load
    def timed(name, f):
        def g(*a):
            t=time.time(); c=time.process_time(); n=len(connection.queries_log)
            f(*a); print(name, time.time()-t, time.process_time()-c)
        return g
    monkeypatch.setattr(assessments.demo,"load",timed("a",real_a)); monkeypatch.setattr(recognition.demo,"load",timed("r",real_r))
    s=StringIO(); t=time.time(); call_command("load_demo", stdout=s); print("all", time.time()-t); print(s.getvalue())
    from recognition.models import Application
    from post_office.models import Email
    for a in Application.objects.order_by("status_since"):
        print(a, a.status, a.created_at.date(), a.status_since.date(), [ (e.at.date().isoformat(), e.to_status, e.why[:30]) for e in a.events.all()][:40])
    print(Email.objects.count(), Email.objects.values_list("status").distinct())
    mine=Application.objects.get(utility__name__startswith="Riverbend")
    for d in mine.checked().deficiencies: print(d)
    print(mine.checked().words, mine.checked().size)
