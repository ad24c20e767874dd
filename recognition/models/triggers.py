"""Database triggers that protect submitted applications, no matter which code writes to the tables.

The triggers on sections and photos lock the application FOR SHARE, and submitting locks it FOR UPDATE, so nothing
changes between the check and the saved version. Columns that only record who did something are not protected, so that
user accounts can be deleted.
"""

import pgtrigger

# Checks both applications if a row moves from one to the other. Locks before it reads the status: if it had to wait
# for a submission, it sees the status after it.
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

# A returned application can be edited again, but the photos of the returned version cannot.
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

ARCHIVED_CYCLE_IS_KEPT = pgtrigger.Trigger(
    name="archived_cycle_is_kept",
    when=pgtrigger.Before,
    operation=pgtrigger.Update | pgtrigger.Delete,
    condition=pgtrigger.Q(old__status="archived"),
    func="""
        RAISE EXCEPTION 'an archived cycle is closed to change'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'archived_cycle_is_kept';
    """,
)

# The lock makes archiving wait for a change that is under way. A draft may still be deleted by those who wrote it.
OF_AN_ARCHIVED_CYCLE = pgtrigger.Trigger(
    name="of_an_archived_cycle",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert | pgtrigger.UpdateOf("cycle_id", "status", "extended_until", "resubmit_by"),
    func="""
        PERFORM 1 FROM recognition_cycle WHERE id = NEW.cycle_id FOR SHARE;
        IF EXISTS (SELECT 1 FROM recognition_cycle WHERE id = NEW.cycle_id AND status = 'archived') THEN
            RAISE EXCEPTION 'an archived cycle is closed to change'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'application_of_an_archived_cycle';
        END IF;
        RETURN NEW;
    """,
)

# Whoever gets a seat has no recorded conflict: as member or former advisor of the utility, by a declared interest in
# it, or by its state.
SEAT_WITHOUT_CONFLICT = pgtrigger.Trigger(
    name="seat_without_conflict",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert | pgtrigger.UpdateOf("application_id", "member_id"),
    func="""
        IF EXISTS (SELECT 1 FROM recognition_application a
                   JOIN accounts_membership m ON m.utility_id = a.utility_id AND m.user_id = NEW.member_id
                   WHERE a.id = NEW.application_id)
           OR EXISTS (SELECT 1 FROM recognition_application a
                      JOIN accounts_utility u ON u.id = a.utility_id
                      JOIN recognition_panelmember p ON p.user_id = NEW.member_id
                      LEFT JOIN recognition_panelmember_interests i
                             ON i.panelmember_id = p.id AND i.utility_id = a.utility_id
                      WHERE a.id = NEW.application_id
                        AND (i.id IS NOT NULL OR u.state = ANY (p.conflict_states))) THEN
            RAISE EXCEPTION 'a reviewer with a conflict has no seat'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'seat_without_conflict';
        END IF;
        RETURN NEW;
    """,
)

# The law bars the award (CWA 501(e)(1)). The last check of each kind counts.
NOT_WITH_A_VIOLATION = pgtrigger.Trigger(
    name="not_with_a_violation",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert,
    func="""
        IF EXISTS (SELECT 1 FROM recognition_compliancecheck c
                   WHERE c.application_id = NEW.application_id AND c.result = 'violation'
                   AND NOT EXISTS (SELECT 1 FROM recognition_compliancecheck later
                                   WHERE later.application_id = c.application_id AND later.kind = c.kind
                                   AND (later.recorded_at, later.id) > (c.recorded_at, c.id))) THEN
            RAISE EXCEPTION 'a violation bars the award'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'recognition_not_with_a_violation';
        END IF;
        RETURN NEW;
    """,
)

# Once for each statement, however many rows it changes. A release waits here for another that has not ended, and then
# needs nothing that the other holds.
REGISTER_CHANGES = pgtrigger.Trigger(
    name="register_changes",
    level=pgtrigger.Statement,
    when=pgtrigger.After,
    operation=pgtrigger.Insert
    | pgtrigger.Delete
    | pgtrigger.UpdateOf("application_id", "until", "published", "revoked_at"),
    func="""
        INSERT INTO recognition_registerversion (id, version) VALUES (1, gen_random_uuid())
        ON CONFLICT (id) DO UPDATE SET version = EXCLUDED.version;
        RETURN NULL;
    """,
)

PAPER_LETTER_IS_KEPT = pgtrigger.Trigger(
    name="paper_letter_is_kept",
    when=pgtrigger.Before,
    operation=pgtrigger.UpdateOf("key", "application_id", "subject", "body", "address", "sets_deadline", "written_at"),
    func="""
        RAISE EXCEPTION 'a letter on paper is kept as it was written'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'paper_letter_is_kept';
    """,
)

# What staff noted stays; only who did it may go, with the account.
STAFF_NOTE_IS_KEPT = pgtrigger.Trigger(
    name="staff_note_is_kept",
    when=pgtrigger.Before,
    operation=pgtrigger.Delete | pgtrigger.UpdateOf("application_id", "text", "at"),
    func="""
        RAISE EXCEPTION 'a note of the staff is kept as it was written'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'staff_note_is_kept';
    """,
)

# Who has been asked to review knows the applicant by name, or does not.
CYCLE_STAYS_BLIND = pgtrigger.Trigger(
    name="cycle_stays_blind",
    when=pgtrigger.Before,
    operation=pgtrigger.UpdateOf("blind"),
    condition=pgtrigger.Q(old__blind__df=pgtrigger.F("new__blind")),
    func="""
        IF EXISTS (SELECT 1 FROM recognition_seat seat
                   JOIN recognition_application application ON application.id = seat.application_id
                   WHERE application.cycle_id = NEW.id) THEN
            RAISE EXCEPTION 'reviews have begun'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'cycle_stays_blind';
        END IF;
        RETURN NEW;
    """,
)
