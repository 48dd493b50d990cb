"""Issues of Jira: the cloud (REST 3) and Data Center (REST 2), by token."""

import json
import math
import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from integrations.trackers.adapter import (
    KEEP,
    AdapterKind,
    BadSignature,
    ChangedPage,
    Changes,
    Draft,
    HookEvent,
    Issue,
    Person,
    Receipt,
    Rejected,
    Site,
    Status,
)
from integrations.trackers.calling import call, list_of, object_of, signed
from integrations.trackers.jira_issues import (
    FIELDS,
    event_of,
    is_a_person,
    is_not_done,
    issue_of,
    person_of,
    status_of,
    statuses_of,
)
from integrations.trackers.jira_texts import document_of, wiki_of
from integrations.trackers.values import (
    hook_of,
    id_of,
    inside,
    line_of,
    moment_of,
    objects_of,
)
from outbound.http import Answer
from postmortems.vocabulary import ActionStatus

KEY = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,30}-[0-9]{1,12}", re.ASCII)
PAGE = 50
"""Issues in one answer: with long descriptions more would be larger than is read."""
MARGIN = 2
"""Minutes that are asked for again: the index of the search lags behind."""
OPTIONAL = frozenset({"duedate", "assignee"})
"""What a project's screen may not have, and what is no reason to make no issue."""


class Jira:
    """What both have in common; where they differ, a method says so."""

    api: ClassVar[str]
    person: ClassVar[str]
    """The name of the field that an account is in."""

    def __init__(self, site: Site) -> None:
        self._base = site.base_url
        self._site = site

    # --- What differs ---

    def _proof(self) -> str:
        raise NotImplementedError

    def _described(self, markdown: str) -> Any:
        raise NotImplementedError

    def _search(self, jql: str, page: str) -> tuple[list[dict[str, Any]], str]:
        """Issues, and what to ask for next; empty: that was all."""
        raise NotImplementedError

    # --- Asking ---

    def _ask(self, method: str, path: str, body: Any = None) -> Answer:
        headers = {"Authorization": self._proof(), "Accept": "application/json"}
        url = f"{self._base}/rest/api/{self.api}{path}"
        return call(method, url, headers=headers, json=body)

    def _get(self, path: str, **query: Any) -> Answer:
        return self._ask("GET", f"{path}?{urlencode(query)}" if query else path)

    def whoami(self) -> Person:
        return person_of(object_of(self._get("/myself")))

    # --- Issues ---

    def create(self, draft: Draft, key: str) -> Issue:
        fields: dict[str, Any] = {
            "project": {"key": draft.project},
            "issuetype": {"name": draft.issue_type or "Task"},
            "summary": draft.title,
            "description": self._described(draft.description),
            "labels": [*map(_label, draft.labels), _mark(key)],
        }
        if draft.due_on:
            fields["duedate"] = draft.due_on.isoformat()
        if draft.assignee:
            fields["assignee"] = {self.person: draft.assignee}
        made = object_of(self._create(fields))
        return self.fetch(id_of(made.get("id")))

    def _create(self, fields: dict[str, Any]) -> Answer:
        try:
            return self._ask("POST", "/issue", {"fields": fields})
        except Rejected as refusal:
            if not refusal.messages.keys() <= OPTIONAL & fields.keys():
                raise
        # It is made without; then the update says what was refused.
        fewer = {name: one for name, one in fields.items() if name not in OPTIONAL}
        return self._ask("POST", "/issue", {"fields": fewer})

    def find_by_key(self, key: str, project: str) -> Issue | None:
        found, _more = self._search(f'labels = "{_mark(key)}" ORDER BY key ASC', "")
        return issue_of(found[0], self._base) if found else None

    def fetch(self, reference: str) -> Issue:
        path = f"/issue/{quote(reference, safe='')}"
        answer = self._get(path, fields=",".join(FIELDS))
        return issue_of(object_of(answer), self._base)

    def update(self, remote_id: str, changes: Changes) -> Issue:
        fields: dict[str, Any] = {}
        if changes.title is not KEEP:
            fields["summary"] = changes.title
        if isinstance(changes.description, str):
            fields["description"] = self._described(changes.description)
        if changes.due_on is not KEEP:
            fields["duedate"] = changes.due_on.isoformat() if changes.due_on else None
        if changes.assignee is not KEEP:
            fields["assignee"] = (
                {self.person: changes.assignee} if changes.assignee else None
            )
        path = f"/issue/{quote(remote_id, safe='')}"
        if fields:
            self._ask("PUT", path, {"fields": fields})
        if isinstance(changes.status, str):
            self._move(path, changes.status)
        return self.fetch(remote_id)

    def _move(self, path: str, wanted: str) -> None:
        """By a transition of its workflow; there may be none from where it stands."""
        answer = self._get(f"{path}/transitions", expand="transitions.fields")
        offered = objects_of(object_of(answer).get("transitions"))
        if not _fits_now(self.fetch(path.rpartition("/")[2]), wanted):
            transition = _transition(offered, wanted)
            self._ask("POST", f"{path}/transitions", transition)

    def changed_since(self, projects: Sequence[str], cursor: str) -> ChangedPage:
        """By minutes before the server's own now: times of a query are read in the
        time zone of whoever asks.
        """
        at = json.loads(cursor) if cursor else {}
        now = at.get("until") or self._server_time()
        if "since" not in at:
            return ChangedPage([], json.dumps({"since": now}))
        apart = datetime.fromisoformat(now) - datetime.fromisoformat(at["since"])
        minutes = math.ceil(apart.total_seconds() / 60) + MARGIN
        names = ", ".join(_quoted(project) for project in projects)
        jql = f'project in ({names}) AND updated >= "-{minutes}m" ORDER BY updated ASC'
        found, page = self._search(jql, at.get("page", ""))
        goes_on = {"since": at["since"], "until": now, "page": page}
        return ChangedPage(
            [issue_of(one, self._base) for one in found],
            json.dumps(goes_on if page else {"since": now}),
            more=bool(page),
        )

    def _server_time(self) -> str:
        told = object_of(self._get("/serverInfo")).get("serverTime")
        return moment_of(told).isoformat()

    def reference_of(self, url: str) -> str | None:
        parts, own = urlsplit(url.strip()), urlsplit(self._base)
        if (parts.scheme, parts.netloc.casefold()) != (
            own.scheme,
            own.netloc.casefold(),
        ):
            return None
        chosen = parse_qs(parts.query).get("selectedIssue", [""])[0]
        key = chosen or parts.path.removeprefix(own.path + "/browse/").strip("/")
        return key.upper() if KEY.fullmatch(key) else None

    def people(self, query: str) -> list[Person]:
        raw = objects_of(list_of(self._get("/user/search", **self._whom(query))))
        return [person_of(one) for one in raw if is_a_person(one)]

    def _whom(self, query: str) -> dict[str, str]:
        return {"query": query}

    def statuses(self, project: str) -> list[Status]:
        path = f"/project/{quote(project, safe='')}/statuses"
        return statuses_of(list_of(self._get(path)))

    # --- Webhooks ---

    def check_hook(
        self, headers: Mapping[str, str], raw: bytes, secrets: Sequence[str]
    ) -> Receipt:
        how, _equals, signature = headers.get("x-hub-signature", "").partition("=")
        proofs = [signed(secret, raw, signature) for secret in secrets]
        if how != "sha256" or not any(proofs):
            raise BadSignature
        return _receipt(headers)

    def read_hook(self, receipt: Receipt, raw: bytes) -> list[HookEvent]:
        return event_of(hook_of(raw), self._base)


class Cloud(Jira):
    api = "3"
    person = "accountId"

    def _proof(self) -> str:
        pair = f"{self._site.account}:{self._site.secret}"
        return f"Basic {b64encode(pair.encode()).decode()}"

    def _described(self, markdown: str) -> dict[str, Any]:
        return document_of(markdown)

    def _search(self, jql: str, page: str) -> tuple[list[dict[str, Any]], str]:
        asked: dict[str, Any] = {"jql": jql, "fields": FIELDS, "maxResults": PAGE}
        if page:
            asked["nextPageToken"] = page
        found = object_of(self._ask("POST", "/search/jql", asked))
        return objects_of(found.get("issues")), line_of(found.get("nextPageToken"))


class DataCenter(Jira):
    api = "2"
    person = "name"

    def _proof(self) -> str:
        return f"Bearer {self._site.secret}"

    def _described(self, markdown: str) -> str:
        return wiki_of(markdown)

    def _search(self, jql: str, page: str) -> tuple[list[dict[str, Any]], str]:
        start = int(page or 0)
        asked = {"jql": jql, "fields": FIELDS, "maxResults": PAGE, "startAt": start}
        found = object_of(self._ask("POST", "/search", asked))
        issues = objects_of(found.get("issues"))
        reached, total = start + len(issues), found.get("total")
        more = issues and isinstance(total, int) and reached < total
        return issues, str(reached) if more else ""

    def _whom(self, query: str) -> dict[str, str]:
        return {"username": query or "."}

    def check_hook(
        self, headers: Mapping[str, str], raw: bytes, secrets: Sequence[str]
    ) -> Receipt:
        """Old versions sign nothing: then the random address is the proof (BAR J2)."""
        if secrets:
            return super().check_hook(headers, raw, secrets)
        return _receipt(headers)


def _receipt(headers: Mapping[str, str]) -> Receipt:
    return Receipt(line_of(headers.get("x-atlassian-webhook-identifier")))


def _mark(key: str) -> str:
    """The label by which an issue of ours is found again."""
    return f"afterword-{key}"


def _label(text: str) -> str:
    """Jira takes no blanks in a label."""
    return "-".join(text.split())


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _fits_now(issue: Issue, wanted: str) -> bool:
    return wanted in {issue.status.id, issue.status.means}


def _transition(offered: list[dict[str, Any]], wanted: str) -> dict[str, Any]:
    """The body that makes the step; raises Rejected where none leads there."""
    fitting = [one for one in offered if _leads(one, wanted)]
    if wanted == ActionStatus.WONT_DO:
        fitting.sort(key=_says_not_done, reverse=True)
    if not fitting:
        raise Rejected({"status": _("No step of its workflow leads there.")})
    chosen = fitting[0]
    body: dict[str, Any] = {"transition": {"id": id_of(chosen.get("id"))}}
    resolution = _resolution(chosen, wanted)
    if resolution:
        body["fields"] = {"resolution": {"name": resolution}}
    return body


def _leads(transition: Mapping[str, Any], wanted: str) -> bool:
    status = status_of(inside(transition, "to"))
    if wanted == ActionStatus.WONT_DO:
        return status.means in {ActionStatus.DONE, ActionStatus.WONT_DO}
    return wanted in {status.id, status.means}


def _says_not_done(transition: Mapping[str, Any]) -> bool:
    name = line_of(inside(transition, "to").get("name"))
    return is_not_done(name) or bool(_resolution(transition, ActionStatus.WONT_DO))


def _resolution(transition: Mapping[str, Any], wanted: str) -> str:
    """One that the step's screen offers and that says what is meant; else empty."""
    field = inside(transition, "fields", "resolution")
    names = [line_of(one.get("name")) for one in objects_of(field.get("allowedValues"))]
    not_done = wanted == ActionStatus.WONT_DO
    if not not_done and not field.get("required"):
        return ""
    return next((name for name in names if is_not_done(name) == not_done), "")


CLOUD = AdapterKind(
    name="jira_cloud",
    label=gettext_lazy("Jira Cloud"),
    make=Cloud,
    default_url="https://",
    asks_account=True,
    secret_label=gettext_lazy("API token"),
    secret_hint=gettext_lazy("Of the account whose e-mail address is above."),
    project_label=gettext_lazy("Project key"),
    project_hint="OPS",
    has_issue_types=True,
)
DATA_CENTER = AdapterKind(
    name="jira_dc",
    label=gettext_lazy("Jira Data Center"),
    make=DataCenter,
    default_url="https://",
    secret_label=gettext_lazy("Personal access token"),
    secret_hint=gettext_lazy("From the profile of the account that shall act."),
    project_label=gettext_lazy("Project key"),
    project_hint="OPS",
    has_issue_types=True,
    hook_needs_secret=False,
)
