"""Rules that the database keeps over both tables of a record.

The status is in the table of all records, the fields of the register in another.
"""

import pgtrigger

from ims.records import Record


def needs(name: str, register: str, status: str, condition: str) -> None:
    """Forbids ``status`` to the records of a register that do not meet ``condition`` when the transaction ends.

    ``condition`` is SQL in which NEW is the row in the table of all records.
    """
    trigger = pgtrigger.Trigger(
        name=name,
        when=pgtrigger.After,
        operation=pgtrigger.Insert | pgtrigger.UpdateOf("status"),
        condition=pgtrigger.Q(new__register=register, new__status=status),
        timing=pgtrigger.Deferred,
        func=f"""
            IF NOT ({condition}) THEN
                RAISE EXCEPTION 'the record does not have what this status needs'
                USING ERRCODE = 'check_violation', CONSTRAINT = '{name}';
            END IF;
            RETURN NULL;
        """,
    )
    pgtrigger.register(trigger)(Record)


def keeps(name: str, fields: tuple[str, ...], statuses: tuple[str, ...]) -> pgtrigger.Trigger:
    """Returns the trigger of a register's table by which ``fields`` change only while the status is in ``statuses``."""
    allowed = ", ".join(f"'{status}'" for status in statuses)
    return pgtrigger.Trigger(
        name=name,
        when=pgtrigger.Before,
        operation=pgtrigger.UpdateOf(*fields),
        condition=pgtrigger.AnyChange(*fields),
        func=f"""
            IF (SELECT r.status FROM ims_record r WHERE r.id = NEW.record_id) NOT IN ({allowed}) THEN
                RAISE EXCEPTION 'the record can not change in its status'
                USING ERRCODE = 'check_violation', CONSTRAINT = '{name}';
            END IF;
            RETURN NEW;
        """,  # noqa: S608 (its parts are from the code)
    )


def within_a_utility(name: str, one: str, other: str) -> pgtrigger.Trigger:
    """Returns the trigger of a table with foreign keys to two records: both belong to one utility."""
    return _both_of_one(name, one, other, "utility_id", "utility")


def within_a_register(name: str, one: str, other: str) -> pgtrigger.Trigger:
    """Returns the trigger of a table with foreign keys to two records: both belong to one register."""
    return _both_of_one(name, one, other, "register", "register")


def _both_of_one(name: str, one: str, other: str, column: str, word: str) -> pgtrigger.Trigger:
    return pgtrigger.Trigger(
        name=name,
        when=pgtrigger.Before,
        operation=pgtrigger.Insert | pgtrigger.Update,
        func=f"""
            IF (SELECT count(DISTINCT {column}) FROM ims_record WHERE id IN (NEW.{one}_id, NEW.{other}_id)) > 1 THEN
                RAISE EXCEPTION 'both records must belong to one {word}'
                USING ERRCODE = 'check_violation', CONSTRAINT = '{name}';
            END IF;
            RETURN NEW;
        """,  # noqa: S608 (its parts are from the code)
    )
