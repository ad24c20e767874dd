"""URLs of the recognition program."""

from django.urls import path

from recognition import views
from recognition.applying import entry_views, evidence_views, section_views
from recognition.applying import views as applying
from recognition.burden import hours_views
from recognition.burden import views as burden
from recognition.cycles import views as cycles
from recognition.deciding import document_views
from recognition.deciding import views as deciding
from recognition.figures import views as figures
from recognition.mailing import views as mailing
from recognition.notices import views as notices
from recognition.register import recognition_views, verification_views
from recognition.register import views as register
from recognition.reviewing import (
    completeness_views,
    compliance_list_views,
    compliance_views,
    panel_views,
    queue_views,
    reopening_views,
    review_views,
)
from recognition.screening import views as screening

app_name = "recognition"

urlpatterns = [
    path("", views.application_list, name="list"),
    path("criteria/", views.criteria, name="criteria"),
    path("cycles/<int:cycle_pk>/apply/", applying.start, name="start"),
    path("applications/<int:pk>/", applying.application, name="application"),
    path("applications/<int:pk>/step/<slug:name>/", section_views.step, name="step"),
    path("applications/<int:pk>/submit/", applying.submit, name="submit"),
    path("applications/<int:pk>/withdraw/", applying.withdraw, name="withdraw"),
    path("applications/<int:pk>/discard/", applying.discard, name="discard"),
    path("applications/<int:pk>/sections/<str:name>/", section_views.section, name="section"),
    path("applications/<int:pk>/evidence/<slug:slug>/", evidence_views.evidence_pull, name="evidence"),
    path("applications/<int:pk>/records/<slug:kind>/<slug:slug>/", evidence_views.records, name="records"),
    path("applications/<int:pk>/photos/add/", section_views.photo_add, name="photo_add"),
    path("photos/<int:pk>/", section_views.photo_change, name="photo_change"),
    path("photos/<int:pk>/remove/", section_views.photo_remove, name="photo_remove"),
    path("photos/<int:pk>/file/", section_views.photo_file, name="photo_file"),
    path("queues/<slug:name>/", queue_views.queue, name="queue"),
    path("compliance/excel/", compliance_list_views.download, name="compliance_excel"),
    path("compliance/excel/import/", compliance_list_views.preview, name="compliance_import"),
    path("compliance/excel/import/confirm/", compliance_list_views.confirm, name="compliance_confirm"),
    path("compliance/pass-clear/", compliance_list_views.pass_clear, name="pass_clear"),
    path("applications/<int:pk>/take-up/", completeness_views.take_up, name="take_up"),
    path("applications/<int:pk>/checklist/", completeness_views.checklist, name="checklist"),
    path("applications/<int:pk>/checklist/save/", completeness_views.save_checklist, name="checklist_save"),
    path("applications/<int:pk>/complete/", completeness_views.complete, name="complete"),
    path("applications/<int:pk>/return/", completeness_views.send_back, name="return"),
    path("applications/<int:pk>/incomplete/", completeness_views.incomplete, name="incomplete"),
    path("applications/<int:pk>/compliance/", compliance_views.compliance, name="compliance"),
    path("applications/<int:pk>/compliance/record/", compliance_views.record, name="compliance_record"),
    path("applications/<int:pk>/compliance/<int:record_pk>/", compliance_views.attachment, name="compliance_file"),
    path("applications/<int:pk>/compliance/ask/", compliance_views.ask, name="compliance_ask"),
    path("applications/<int:pk>/compliance/echo/", compliance_views.echo, name="compliance_echo"),
    path("applications/<int:pk>/compliant/", compliance_views.compliant, name="compliant"),
    path("applications/<int:pk>/not-eligible/", compliance_views.not_eligible, name="not_eligible"),
    path("applications/<int:pk>/reopen/", reopening_views.reopen_one, name="reopen"),
    path("applications/<int:pk>/region/", compliance_views.region, name="region"),
    path("applications/<int:pk>/extend/", entry_views.extend, name="extend"),
    path("applications/<int:pk>/scan/", entry_views.scan, name="scan"),
    path("applications/<int:pk>/hours/<slug:name>/", hours_views.hours, name="hours"),
    path("burden/", burden.burden, name="burden"),
    path("paper/", entry_views.paper, name="paper"),
    path("paper/utility/", entry_views.paper_utility, name="paper_utility"),
    path("paper/<int:utility_pk>/", entry_views.paper_enter, name="paper_enter"),
    path("applications/<int:pk>/panel/", panel_views.panel, name="panel"),
    path("applications/<int:pk>/panel/assign/", panel_views.assign, name="assign"),
    path("applications/<int:pk>/panel/lead/", panel_views.lead, name="lead"),
    path("applications/<int:pk>/panel/take-off/", panel_views.take_off, name="take_off"),
    path("applications/<int:pk>/review/", review_views.review, name="review"),
    path("applications/<int:pk>/review/declare/", review_views.declare, name="declare"),
    path("applications/<int:pk>/review/recuse/", review_views.recuse, name="recuse"),
    path("applications/<int:pk>/review/summary/", review_views.review_summary, name="review_summary"),
    path("applications/<int:pk>/review/submit/", review_views.review_submit, name="review_submit"),
    path("applications/<int:pk>/review/remark/", review_views.remark, name="remark"),
    path("applications/<int:pk>/review/recommend/", review_views.recommend, name="recommend"),
    path("applications/<int:pk>/review/<str:criterion>/", review_views.rating, name="rating"),
    path("cycles/", cycles.cycle_list, name="cycles"),
    path("cycles/<int:cycle_pk>/", cycles.cycle, name="cycle"),
    path("cycles/<int:cycle_pk>/move/", cycles.cycle_move, name="cycle_move"),
    path("cycles/<int:cycle_pk>/documents/", document_views.documents, name="documents"),
    path("cycles/<int:cycle_pk>/letters/", mailing.letters, name="letters"),
    path("letters/<int:pk>/", mailing.letter, name="paper_letter"),
    path("letters/<int:pk>/not-mailed/", mailing.not_mailed, name="not_mailed"),
    path("cycles/<int:cycle_pk>/notices/", notices.notices, name="notices"),
    path("cycles/<int:cycle_pk>/notices/draw-up/", notices.draw_up, name="notices_draw_up"),
    path("cycles/<int:cycle_pk>/notices/record/", notices.record, name="notices_record"),
    path("cycles/<int:cycle_pk>/notices/federal-register/", notices.register_notice, name="federal_register"),
    path("cycles/<int:cycle_pk>/notices/addressees/add/", notices.addressee_add, name="addressee_add"),
    path("cycles/<int:cycle_pk>/notices/of/<slug:kind>/", notices.group, name="notice_group"),
    path("addressees/<int:pk>/", notices.addressee, name="addressee"),
    path("addressees/<int:pk>/remove/", notices.addressee_remove, name="addressee_remove"),
    path("notices/<int:pk>/undo/", notices.undo, name="notice_undo"),
    path("applications/<int:pk>/press/", notices.press, name="press"),
    path("applications/<int:pk>/press/<slug:ending>/", notices.press_file, name="press_file"),
    path("cycles/<int:cycle_pk>/statistics/", figures.statistics, name="statistics"),
    path("cycles/<int:cycle_pk>/screening/", screening.screening, name="screening"),
    path("cycles/<int:cycle_pk>/screening/start/", screening.start, name="screening_start"),
    path("register/", register.register_list, name="register"),
    path("register/<int:pk>/", register.register_entry, name="register_entry"),
    path("register/<int:pk>/photos/<int:photo_pk>/", register.register_photo, name="register_photo"),
    path("verify/", verification_views.verify_form, name="verify_form"),
    path("verify/<str:number>/", verification_views.verify, name="verify"),
    path("applications/<int:pk>/register/", recognition_views.publish, name="publish"),
    path("applications/<int:pk>/revoke/", recognition_views.revoke, name="revoke"),
    path("decisions/", deciding.decisions, name="decisions"),
    path("cycles/<int:cycle_pk>/decisions/", deciding.decision_list, name="decisions"),
    path("cycles/<int:cycle_pk>/decisions/several/", deciding.decide_several, name="decide_several"),
    path("cycles/<int:cycle_pk>/outbox/", deciding.outbox, name="outbox"),
    path("cycles/<int:cycle_pk>/release/", deciding.release, name="release"),
    path("cycles/<int:cycle_pk>/release/stop/", deciding.release_stop, name="release_stop"),
    path("applications/<int:pk>/decide/", deciding.decide, name="decide"),
    path("applications/<int:pk>/decide/take-back/", deciding.decision_take_back, name="decision_take_back"),
    path("applications/<int:pk>/letter/", deciding.letter, name="letter"),
    path("applications/<int:pk>/letter/hold/", deciding.hold, name="hold"),
    path("applications/<int:pk>/feedback/", deciding.feedback, name="feedback"),
    path("applications/<int:pk>/feedback/release/", deciding.feedback_release, name="feedback_release"),
]
