"""Triggers that enforce rules across the rows of a gap analysis, in the database itself.

A row's trigger reads the analysis FOR SHARE, and completing the analysis locks it. So a row can't change between the
check of all rows and the completion. Columns that only record who did something stay writable, so that a person's
account can be deleted.
"""

import pgtrigger

_DRAFT_ONLY = """
    IF state = 'complete' THEN
        RAISE EXCEPTION 'a complete gap analysis is read-only'
        USING ERRCODE = 'check_violation', CONSTRAINT = '{name}';
    END IF;
"""

COMPLETE_NEEDS_EVERY_ROW = pgtrigger.Trigger(
    name="complete_needs_every_row",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert | pgtrigger.Update,
    func="""
        IF TG_OP = 'INSERT' THEN
            IF NEW.status = 'complete' THEN
                RAISE EXCEPTION 'a gap analysis starts as a draft'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'gap_analysis_every_row';
            END IF;
            RETURN NEW;
        END IF;
        IF NEW.status = 'complete' AND OLD.status = 'complete' AND
            (NEW.name, NEW.as_of, NEW.operations, NEW.fence_line, NEW.areas, NEW.other_initiatives, NEW.frozen)
            IS DISTINCT FROM
            (OLD.name, OLD.as_of, OLD.operations, OLD.fence_line, OLD.areas, OLD.other_initiatives, OLD.frozen) THEN
            RAISE EXCEPTION 'a complete gap analysis is read-only'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'gap_analysis_read_only';
        END IF;
        IF NEW.status = 'complete' AND OLD.status = 'draft' AND (
            (SELECT count(*) FROM assessments_finding f WHERE f.analysis_id = NEW.id)
                < (SELECT count(*) FROM pdca_element)
            OR EXISTS (SELECT 1 FROM assessments_finding f WHERE f.analysis_id = NEW.id AND (
                f.rating IS NULL OR f.to_confirm
                OR (f.rating = 1 AND cardinality(f.areas) <> 1)
                OR (f.rating = 2 AND cardinality(f.areas) < 2)))
        ) THEN
            RAISE EXCEPTION 'a complete gap analysis has every row answered'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'gap_analysis_every_row';
        END IF;
        IF NEW.areas <> OLD.areas AND EXISTS (
            SELECT 1 FROM assessments_finding f
            WHERE f.analysis_id = NEW.id AND NOT f.areas::varchar[] <@ NEW.areas::varchar[]
        ) THEN
            RAISE EXCEPTION 'a finding uses the area'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'gap_analysis_areas_in_use';
        END IF;
        RETURN NEW;
    """,
)

COMPLETE_IS_KEPT = pgtrigger.Protect(
    name="complete_is_kept", operation=pgtrigger.Delete, condition=pgtrigger.Q(old__status="complete")
)

FINDING_WITHIN_ITS_ANALYSIS = pgtrigger.Trigger(
    name="finding_within_its_analysis",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert
    | pgtrigger.Delete
    | pgtrigger.UpdateOf(
        "analysis_id",
        "element_id",
        "rating",
        "areas",
        "kept_areas",
        "initiatives",
        "evidence",
        "changes",
        "notes",
        "to_confirm",
    ),
    declare=[("scope", "varchar[]"), ("state", "varchar")],
    func="""
        SELECT areas::varchar[], status INTO scope, state FROM assessments_gapanalysis
        WHERE id = CASE WHEN TG_OP = 'INSERT' THEN NEW.analysis_id ELSE OLD.analysis_id END FOR SHARE;
    """
    + _DRAFT_ONLY.replace("{name}", "finding_read_only_when_complete")
    + """
        IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
        IF NOT NEW.areas::varchar[] <@ scope OR (NEW.rating = 2 AND cardinality(scope) < 2)
            OR cardinality(NEW.areas) <> (SELECT count(DISTINCT area) FROM unnest(NEW.areas) AS area) THEN
            RAISE EXCEPTION 'areas outside the scope'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'finding_areas_in_scope';
        END IF;
        IF TG_OP = 'UPDATE' AND (NEW.analysis_id, NEW.element_id) <> (OLD.analysis_id, OLD.element_id) THEN
            RAISE EXCEPTION 'a row stays in its analysis'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'finding_stays_in_its_analysis';
        END IF;
        RETURN NEW;
    """,
)

INITIATIVE_OF_A_DRAFT = pgtrigger.Trigger(
    name="initiative_of_a_draft",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
    declare=[("state", "varchar")],
    func="""
        SELECT status INTO state FROM assessments_gapanalysis
        WHERE id = COALESCE(OLD.analysis_id, NEW.analysis_id) FOR SHARE;
    """
    + _DRAFT_ONLY.replace("{name}", "initiative_read_only_when_complete")
    + "RETURN COALESCE(NEW, OLD);",
)

EVIDENCE_OF_A_DRAFT = pgtrigger.Trigger(
    name="evidence_of_a_draft",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert | pgtrigger.Delete | pgtrigger.UpdateOf("finding_id", "title", "url", "file_id"),
    declare=[("state", "varchar")],
    func="""
        SELECT a.status INTO state FROM assessments_finding f
        JOIN assessments_gapanalysis a ON a.id = f.analysis_id
        WHERE f.id = COALESCE(OLD.finding_id, NEW.finding_id) FOR SHARE OF a;
    """
    + _DRAFT_ONLY.replace("{name}", "evidence_read_only_when_complete")
    + "RETURN COALESCE(NEW, OLD);",
)
