"""What the database itself keeps true across the rows of an application, whoever writes to it.

A section's trigger reads the application FOR SHARE, and submitting locks it: no section changes between the check and
the frozen version. Columns that only say who did something are left free, so that a person's account can go.
"""

import pgtrigger

# Both applications of a row that is moved from one to another; locked first, then asked, so that what is asked is
# what stands after a submission that this waited for.
_WRITTEN = """
    PERFORM 1 FROM recognition_application WHERE id IN (OLD.application_id, NEW.application_id) FOR SHARE;
    IF EXISTS (SELECT 1 FROM recognition_application
               WHERE id IN (OLD.application_id, NEW.application_id) AND status NOT IN ('draft', 'returned')) THEN
        RAISE EXCEPTION 'a submitted application is read-only'
        USING ERRCODE = 'check_violation', CONSTRAINT = '{name}';
    END IF;
"""

SECTION_WHILE_WRITTEN = pgtrigger.Trigger(
    name="section_while_written",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert | pgtrigger.Delete | pgtrigger.UpdateOf("application_id", "name", "answers"),
    func=_WRITTEN.replace("{name}", "section_read_only_when_submitted") + "RETURN COALESCE(NEW, OLD);",
)

# A returned application is open again, but not the photos of the version that was returned.
_OF_A_VERSION = """
    IF TG_OP <> 'INSERT' AND (OLD.submission_id IS NOT NULL OR NEW.submission_id IS NOT NULL) THEN
        RAISE EXCEPTION 'a submitted version keeps its photos'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'photo_of_a_version_is_kept';
    END IF;
"""

PHOTO_WHILE_WRITTEN = pgtrigger.Trigger(
    name="photo_while_written",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
    func=_WRITTEN.replace("{name}", "photo_read_only_when_submitted") + _OF_A_VERSION + "RETURN COALESCE(NEW, OLD);",
)

SUBMISSION_IS_KEPT = pgtrigger.Trigger(
    name="submission_is_kept",
    when=pgtrigger.Before,
    operation=pgtrigger.Delete
    | pgtrigger.UpdateOf(
        "application_id",
        "number",
        "content",
        "deficiencies",
        "size",
        "words",
        "counted_attributes",
        "counted_boxes",
        "submitted_at",
    ),
    func="""
        RAISE EXCEPTION 'a submitted version is kept as it is'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'submission_is_kept';
    """,
)
