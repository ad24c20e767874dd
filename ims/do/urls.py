"""The addresses of doing that no other register has, below those of a utility."""

from django.urls import path

from ims.do import communication_views, control_views, document_views, emergency_views, training_views

urlpatterns = [
    path("documents/<slug:number>/people/", document_views.people, name="document_people"),
    path("documents/<slug:number>/approve/<int:person>/", document_views.approve, name="approve_document"),
    path("documents/<slug:number>/read/", document_views.read, name="read_document"),
    path("documents/<slug:number>/readers/", document_views.readers, name="document_readers"),
    path("documents/<slug:number>/next/", document_views.next_edition, name="next_document"),
    path("training/matrix/", training_views.matrix, name="training_matrix"),
    path("training/together/", training_views.together, name="training_together"),
    path("training/sessions/new/", training_views.new_session, name="new_training_session"),
    path("training/sessions/<int:pk>/", training_views.session, name="training_session"),
    path("training/<slug:number>/people/", training_views.people, name="training_people"),
    path("communication-year/", communication_views.year, name="communication_year"),
    path("harmonize-controls/", control_views.harmonize, name="harmonize_controls"),
    path("harmonize-controls/<int:pk>/flag-again/", control_views.flag_again, name="flag_controls_again"),
    path("harmonize-controls/<slug:first>/<slug:second>/", control_views.settle, name="settle_controls"),
    path("emergency-plan/", emergency_views.plan, name="emergency_plan"),
    path("emergency-plan/history/", emergency_views.history, name="emergency_plan_history"),
    path("emergency-plan/drills/new/", emergency_views.new_drill, name="new_plan_drill"),
    path("emergency-plan/topics/<slug:topic>/save/", emergency_views.save_topic, name="save_plan_topic"),
    path("emergencies/<slug:number>/drills/new/", emergency_views.new_drill, name="new_drill"),
]
