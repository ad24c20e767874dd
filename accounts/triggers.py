"""What the database keeps when a manager leaves or gets another role. ``accounts/models.py`` declares the triggers."""

import pgtrigger

MANAGER = pgtrigger.Q(old__role="manager")

# Checked at the end of the transaction. Concurrent transactions don't see each other's changes, so
# ``Membership.change_role`` and ``leave`` also lock the utility's row: two managers can't leave at the same time.
UTILITY_KEEPS_A_MANAGER = pgtrigger.Trigger(
    name="utility_keeps_a_manager",
    when=pgtrigger.After,
    operation=pgtrigger.Update | pgtrigger.Delete,
    timing=pgtrigger.Deferred,
    condition=MANAGER,
    func="""
                    IF EXISTS (SELECT 1 FROM accounts_membership m WHERE m.utility_id = OLD.utility_id)
                       AND NOT EXISTS (SELECT 1 FROM accounts_membership m
                                       WHERE m.utility_id = OLD.utility_id AND m.role = 'manager')
                    THEN RAISE EXCEPTION 'a utility keeps at least one manager'
                        USING ERRCODE = 'check_violation', CONSTRAINT = 'utility_keeps_a_manager';
                    END IF;
                    RETURN NULL;
                """,
)

# However the role ends: also where an administrator deletes the membership.
INVITATIONS_END_WITH_THE_ROLE = pgtrigger.Trigger(
    name="invitations_end_with_the_role",
    when=pgtrigger.After,
    operation=pgtrigger.Update | pgtrigger.Delete,
    condition=MANAGER,
    func="""
        IF TG_OP = 'DELETE' OR NEW.role <> 'manager' THEN
            UPDATE accounts_invitation SET ended_at = clock_timestamp(), ended = 'role'
            WHERE utility_id = OLD.utility_id AND invited_by_id = OLD.user_id
                AND accepted_at IS NULL AND ended_at IS NULL;
        END IF;
        RETURN NULL;
    """,
)
