"""The audit log: who did what, when and from where, with what was before and after (``docs/adr/0022``).

Triggers of the tables in ``AUDITED`` write it, so it also has what a query changes without a model, and what is done on
the command line, where nobody is named. ``names_who`` tells the database who sends a request. Nobody changes or deletes
an entry. What is secret is masked, and a change of the columns in ``SILENT`` alone is no act.
"""

import re
from collections.abc import Callable
from typing import Any

import pgtrigger
from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db import connection, models
from django.http import HttpRequest, HttpResponse
from django.utils.text import capfirst
from post_office.models import EmailTemplate

from accounts.groups import GroupPerson, GroupUtility
from accounts.models import ApiToken, Claim, Invitation, Membership, User, Utility, UtilityGroup
from ims.closed import ClosedRegister
from ims.models import PublicPage
from initiatives.models import Case, Initiative
from pdca.models import Area, Component, Element, Flow, Opportunity, SourceTable, Term, Topic
from recognition.models import (
    Addressee,
    ApplicationEvent,
    Attribute,
    CapacityElement,
    Category,
    ComplianceCheck,
    Cycle,
    CycleEvent,
    Decision,
    Edition,
    Notice,
    Option,
    PanelMember,
    Recognition,
    ReleaseEvent,
    ReviewerInvitation,
    Seat,
)

SECRET = ("password", "token", "digest", "data")
SILENT = ("last_login", "last_used_at", "version", "updated_at")
DERIVED = ("plain_name", "plain_city")  # of a utility: what the database makes of its name and city
MASK = "(not shown)"


class Action(models.TextChoices):
    INSERT = "INSERT", "added"
    UPDATE = "UPDATE", "changed"
    DELETE = "DELETE", "deleted"


class AuditEntry(models.Model):
    """One act on one row. ``before`` and ``after`` map the columns that differ to their values.

    ``who`` and ``name`` are the id and the email address of the person at that time: the entry outlives the account.
    """

    at = models.DateTimeField("when", db_index=True, editable=False)
    who = models.BigIntegerField(null=True, editable=False, help_text="none: on the command line, or by a job")
    name = models.CharField("who", max_length=254, editable=False, db_index=True)
    address = models.CharField("from", max_length=45, editable=False)
    table = models.CharField("what", max_length=63, editable=False)
    row = models.CharField("number", max_length=40, editable=False)
    action = models.CharField(max_length=6, choices=Action.choices, editable=False)
    before = models.JSONField(editable=False)
    after = models.JSONField(editable=False)

    class Meta:
        verbose_name = "audit entry"
        verbose_name_plural = "audit log"
        ordering = ["-pk"]
        indexes = [models.Index(fields=["table", "row"], name="auditentry_of_a_row")]
        triggers = [
            pgtrigger.Protect(name="audit_log_only_grows", operation=pgtrigger.Update | pgtrigger.Delete),
            pgtrigger.Trigger(
                name="audit_log_is_not_emptied",
                level=pgtrigger.Statement,
                when=pgtrigger.Before,
                operation=pgtrigger.Truncate,
                func="RAISE EXCEPTION 'pgtrigger: Cannot truncate rows from % table', TG_TABLE_NAME;",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.what} {self.row} {self.get_action_display()}"

    @property
    def what(self) -> str:
        return WHAT.get(self.table, self.table)

    @property
    def changes(self) -> str:
        """Returns one line for each column that differs; of a new row what it has."""
        states = [self.after] if self.action == "INSERT" else [self.before, self.after]
        columns = sorted(self.before | self.after)
        return "\n".join(f"{name}: {' → '.join(str(each.get(name, '')) for each in states)}" for name in columns)


def _differing(one: str, other: str, silent: tuple[str, ...]) -> str:
    """Returns the SQL of those columns of a row, as JSON, that the other one has not the same."""
    secret, unsaid = (", ".join(f"'{name}'" for name in names) for names in (SECRET, silent))
    return f"""
        SELECT coalesce(jsonb_object_agg(key, CASE WHEN key IN ({secret}) THEN '"{MASK}"'::jsonb ELSE value END), '{{}}')
        FROM jsonb_each({one}) WHERE key NOT IN ({unsaid}) AND value <> 'null' AND value IS DISTINCT FROM {other} -> key
    """  # noqa: E501 (it is in migrations as it is)


def _records(silent: tuple[str, ...] = SILENT) -> pgtrigger.Trigger:
    return pgtrigger.Trigger(
        name="audited",
        when=pgtrigger.After,
        operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
        declare=[("was", "jsonb"), ("now", "jsonb"), ("before", "jsonb"), ("after", "jsonb"), ("who", "bigint")],
        func=f"""
        was := CASE WHEN TG_OP = 'INSERT' THEN '{{}}' ELSE to_jsonb(OLD) END;
        now := CASE WHEN TG_OP = 'DELETE' THEN '{{}}' ELSE to_jsonb(NEW) END;
        before := ({_differing("was", "now", silent)});
        after := ({_differing("now", "was", silent)});
        IF before = '{{}}' AND after = '{{}}' THEN RETURN NULL; END IF;
        who := nullif(current_setting('headworks.who', true), '');
        INSERT INTO config_auditentry (at, who, name, address, "table", "row", action, before, after) VALUES (
            clock_timestamp(), who, coalesce((SELECT email FROM accounts_user WHERE id = who), ''),
            coalesce(current_setting('headworks.address', true), ''), TG_TABLE_NAME,
            coalesce(now ->> 'id', was ->> 'id', ''), TG_OP, before, after
        );
        RETURN NULL;
    """,
    )


RECORDS = _records()

# The entries of the catalog have their trigger themselves: simple_history would keep versions of a proxy too.
CATALOG: list[type[models.Model]] = [Initiative, Case, Area, Component, Element, Opportunity, Flow, Topic]
CATALOG += [SourceTable, Term]
OTHERS: list[type[models.Model]] = [
    *(User, User.groups.through, User.user_permissions.through, Group.permissions.through, EmailAddress, Authenticator),
    *(ApiToken, Utility, Membership, Invitation, Claim, PublicPage, ClosedRegister, EmailTemplate),
    *(Group, UtilityGroup, GroupPerson, GroupUtility),
    *(Cycle, Edition, Attribute, Category, Option, CapacityElement, PanelMember, Decision, Recognition, Addressee),
    ReviewerInvitation,
    # What happens to applications: each determination, decision, release and revocation is an event.
    *(ApplicationEvent, CycleEvent, ReleaseEvent, ComplianceCheck, Seat, Notice),
]


def _audited(model: type[models.Model]) -> type[models.Model]:
    """Returns a proxy, so that the trigger is kept in this room's migrations, also for a library's table."""
    records = _records((*SILENT, *DERIVED)) if model is Utility else RECORDS
    meta = type("Meta", (), {"proxy": True, "app_label": "config", "triggers": [records], "default_permissions": ()})
    return type(f"Audited{model.__name__.replace('_', '')}", (model,), {"__module__": __name__, "Meta": meta})


for each in CATALOG:
    pgtrigger.register(RECORDS)(each)
for each in OTHERS:
    _audited(each)
WHAT = {model._meta.db_table: capfirst(str(model._meta.verbose_name)) for model in (*CATALOG, *OTHERS)}
WRITES = re.compile(r'(?:INSERT INTO|UPDATE|DELETE FROM) "(\w+)"')
TELLS = "SELECT set_config('headworks.who', %s, true), set_config('headworks.address', %s, true); "


def names_who(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: tells the database, with each statement that the log records, who sent the request and from where.

    It lasts until the end of the transaction, also for what triggers change then, and costs no query.
    """

    def answer(request: HttpRequest) -> HttpResponse:
        def tell(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
            found = WRITES.match(sql) if isinstance(sql, str) and not many else None
            if not found or found[1] not in WHAT:
                return execute(sql, params, many, context)
            if params is None:
                sql = sql.replace("%", "%%")
            return execute(TELLS + sql, [_who(request), _address(request), *(params or ())], many, context)

        with connection.execute_wrapper(tell):
            return get_response(request)

    return answer


def _who(request: HttpRequest) -> str:
    """Returns the id of the signed-in person, or of the owner of the API token; empty for others."""
    token = getattr(request, "auth", None)
    return str(getattr(token, "user_id", None) or request.user.pk or "")


def _address(request: HttpRequest) -> str:
    try:
        return str(get_adapter().get_client_ip(request))
    except PermissionDenied:  # over a socket, for example
        return ""
