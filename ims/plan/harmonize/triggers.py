"""Triggers for the rules of a workshop that reach across rows.

A row's trigger reads the workshop FOR SHARE, and each step of the workshop updates it, so nothing changes between the
check of all rows and the step.
"""

import pgtrigger

_RAISE = "RAISE EXCEPTION '{words}' USING ERRCODE = 'check_violation', CONSTRAINT = '{name}';"


def _raise(name: str, words: str) -> str:
    return _RAISE.format(name=name, words=words)


def frozen_once_closed(*columns: str) -> pgtrigger.Trigger:
    """Returns a trigger: ``columns`` of a part of a workshop do not change once the workshop is closed."""
    return pgtrigger.Trigger(
        name="frozen_once_closed",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert | pgtrigger.UpdateOf("workshop_id", *columns),
        declare=[("closed", "timestamptz")],
        func=f"""
            SELECT closed_at INTO closed FROM ims_workshop WHERE record_id = NEW.workshop_id FOR SHARE;
            IF closed IS NOT NULL THEN {_raise("workshop_is_closed", "the workshop is closed")} END IF;
            RETURN NEW;
        """,
    )


NO_OPEN_CONFLICT = pgtrigger.Trigger(
    name="no_open_conflict",
    when=pgtrigger.Before,
    operation=pgtrigger.Update,
    func=f"""
        IF OLD.closed_at IS NOT NULL AND (NEW.closed_at, NEW.weights, NEW.amount, NEW.hours, NEW.method, NEW.dots,
            NEW.criteria_id, NEW.round, NEW.revealed) IS DISTINCT FROM (OLD.closed_at, OLD.weights, OLD.amount,
            OLD.hours, OLD.method, OLD.dots, OLD.criteria_id, OLD.round, OLD.revealed) THEN
            {_raise("workshop_is_closed", "the workshop is closed")}
        END IF;
        IF NEW.closed_at IS NOT NULL AND EXISTS (
            SELECT 1 FROM ims_pair p
            JOIN ims_proposal f ON f.id = p.first_id JOIN ims_proposal s ON s.id = p.second_id
            WHERE p.workshop_id = NEW.record_id AND p.effect = -1 AND p.outcome = ''
            AND f.joined_to_id IS NULL AND s.joined_to_id IS NULL) THEN
            {_raise("workshop_conflicts_settled", "a conflict is neither settled nor accepted")}
        END IF;
        RETURN NEW;
    """,
)

SCORED_WHILE_OPEN = pgtrigger.Trigger(
    name="scored_while_open",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert | pgtrigger.UpdateOf("participant_id", "proposal_id", "round", "scores", "dots"),
    declare=[
        ("held", "bigint"),
        ("now_at", "integer"),
        ("most", "integer"),
        ("state", "varchar"),
        ("given", "integer"),
    ],
    func=f"""
        SELECT workshop_id INTO held FROM ims_participant WHERE id = NEW.participant_id FOR UPDATE;
        SELECT status INTO state FROM ims_record WHERE id = held FOR SHARE;
        SELECT round, dots INTO now_at, most FROM ims_workshop WHERE record_id = held FOR SHARE;
        IF NOT EXISTS (SELECT 1 FROM ims_proposal WHERE id = NEW.proposal_id AND workshop_id = held) THEN
            {_raise("ballot_of_one_workshop", "the proposal is of another workshop")}
        END IF;
        IF state <> 'score' OR NEW.round <> now_at THEN
            {_raise("ballot_while_scoring", "scores are entered while the workshop scores")}
        END IF;
        SELECT COALESCE(sum(dots), 0) INTO given FROM ims_ballot
        WHERE participant_id = NEW.participant_id AND round = NEW.round AND id <> COALESCE(NEW.id, 0);
        IF given + NEW.dots > most THEN
            {_raise("ballot_dots_at_most", "more votes than a person has")}
        END IF;
        RETURN NEW;
    """,
)

SAME_WORKSHOP = pgtrigger.Trigger(
    name="same_workshop",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert | pgtrigger.UpdateOf("first_id", "second_id", "workshop_id"),
    func=f"""
        IF (SELECT count(*) FROM ims_proposal
            WHERE id IN (NEW.first_id, NEW.second_id) AND workshop_id = NEW.workshop_id) <> 2 THEN
            {_raise("pair_of_one_workshop", "both are proposals of the workshop")}
        END IF;
        RETURN NEW;
    """,
)
