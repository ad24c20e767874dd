"""The addresses of checking that no other register has, below those of a utility."""

from django.urls import include, path

from ims.check import audit_views, review_views

urlpatterns = [
    path("measures/", include("ims.check.measure_urls")),
    path("reviews/<slug:number>/agenda/", review_views.agenda, name="agenda"),
    path("reviews/<slug:number>/agenda/report/", review_views.request_pack, name="review_report"),
    path("reviews/<slug:number>/people/", review_views.people, name="review_people"),
    path("reviews/<slug:number>/decisions/new/", review_views.decision, name="new_decision"),
    path("reviews/<slug:number>/decisions/<int:pk>/", review_views.decision, name="decision"),
    path("audit-program/", audit_views.program, name="audit_program"),
    path("audits/<slug:number>/team/new/", audit_views.auditor, name="new_auditor"),
    path("audits/<slug:number>/team/<int:pk>/", audit_views.auditor, name="auditor"),
    path("audits/<slug:number>/checklist/", audit_views.checklist, name="checklist"),
    path("audits/<slug:number>/checklist/fill/", audit_views.fill, name="fill_checklist"),
    path("audits/<slug:number>/checklist/ask/", audit_views.ask, name="ask_own_question"),
    path("audits/<slug:number>/checklist/<int:pk>/save/", audit_views.save_line, name="save_line"),
    path("audits/<slug:number>/checklist/<int:pk>/drop/", audit_views.drop, name="drop_question"),
    path("audits/<slug:number>/checklist/report/", audit_views.request_report, name="audit_report"),
]
