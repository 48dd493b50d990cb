"""Issues of Linear, by an API key."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

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
    NotFound,
    Person,
    Receipt,
    Rejected,
    Site,
    Status,
)
from integrations.trackers.calling import signed
from integrations.trackers.linear_issues import (
    ADDRESS,
    checked,
    events_of,
    issue_of,
    person_of,
    statuses_of,
)
from integrations.trackers.linear_wire import Wire
from integrations.trackers.values import (
    clock_of,
    hook_of,
    id_of,
    inside,
    moment_of,
    objects_of,
)
from postmortems.vocabulary import ActionStatus

PAGE = 20
"""Issues in one answer: their descriptions may be long."""
TOLERANCE = timedelta(minutes=5)
"""How old, or how far ahead, a webhook may be (BAR §6.J)."""

TOLD = """
  id identifier url title description dueDate updatedAt trashed
  state { id name type } team { key }
  assignee { id name email } labels { nodes { name } }
"""
VIEWER = "query { viewer { id name email } }"
ISSUE = f"""query($id: String!) {{
  issue(id: $id) {{ {TOLD}
    history(first: 20) {{
      nodes {{ toState {{ id }} actor {{ id }} botActor {{ id }} }}
    }}
  }}
}}"""
BY_ID = f"""query($id: ID!) {{
  issues(filter: {{ id: {{ eq: $id }} }}, includeArchived: true) {{
    nodes {{ {TOLD} }}
  }}
}}"""
TEAM = """query($key: String!) {
  teams(filter: { key: { eq: $key } }) {
    nodes { id states { nodes { id name type position } } }
  }
}"""
STATES_OF_ISSUE = """query($id: String!) {
  issue(id: $id) { team { states { nodes { id name type position } } } }
}"""
LABELS = """query($names: [String!]!) {
  issueLabels(filter: { name: { in: $names } }) { nodes { id name team { key } } }
}"""
CREATE = f"""mutation($input: IssueCreateInput!) {{
  issueCreate(input: $input) {{ success issue {{ {TOLD} }} }}
}}"""
UPDATE = f"""mutation($id: String!, $input: IssueUpdateInput!) {{
  issueUpdate(id: $id, input: $input) {{ success issue {{ {TOLD} }} }}
}}"""
CHANGED = f"""query($teams: [String!]!, $since: DateTimeOrDuration!, $after: String) {{
  issues(
    filter: {{ team: {{ key: {{ in: $teams }} }}, updatedAt: {{ gte: $since }} }}
    orderBy: updatedAt, includeArchived: true, first: {PAGE}, after: $after
  ) {{ nodes {{ {TOLD} }} pageInfo {{ hasNextPage endCursor }} }}
}}"""
PEOPLE = """query($words: String!) {
  users(first: 20, filter: { or: [
    { name: { containsIgnoreCase: $words } }
    { email: { containsIgnoreCase: $words } }
  ] }) { nodes { id name email } }
}"""


class Linear:
    def __init__(self, site: Site) -> None:
        self._web = site.base_url.rstrip("/")
        self._wire = Wire(_address(self._web), site.secret)

    def whoami(self) -> Person:
        viewer = person_of(inside(self._wire.ask(VIEWER), "viewer"))
        return viewer or Person("", "")

    # --- Making an issue, once ---

    def create(self, draft: Draft, key: str) -> Issue:
        """Linear lets us choose the id, and takes none twice: no second one is made."""
        team = self._team(draft.project)
        wanted: dict[str, Any] = {
            "id": id_from(key),
            "teamId": id_of(team.get("id")),
            "title": draft.title,
            "description": draft.description,
            "labelIds": self._labels(draft),
        }
        if draft.assignee:
            wanted["assigneeId"] = draft.assignee
        if draft.due_on:
            wanted["dueDate"] = draft.due_on.isoformat()
        if draft.status != ActionStatus.OPEN:
            known = statuses_of(inside(team, "states").get("nodes"))
            wanted["stateId"] = _state_for(draft.status, known)
        try:
            data = self._wire.ask(CREATE, input=wanted)
        except Rejected:
            if found := self.find_by_key(key, draft.project):
                return found
            raise
        return issue_of(inside(data, "issueCreate", "issue"), self._web)

    def find_by_key(self, key: str, project: str) -> Issue | None:
        data = self._wire.ask(BY_ID, id=id_from(key))
        found = objects_of(inside(data, "issues").get("nodes"))
        # One in the trash is the one that was made, too: `fetch` says that it is there.
        return issue_of({**found[0], "trashed": False}, self._web) if found else None

    def _team(self, key: str) -> dict[str, Any]:
        data = self._wire.ask(TEAM, key=key)
        found = objects_of(inside(data, "teams").get("nodes"))
        if not found:
            said = _("There is no team with this key, or it is hidden.")
            raise Rejected({"project": said})
        return found[0]

    def _labels(self, draft: Draft) -> list[str]:
        """Those that there are, of everybody or of the team; none is made."""
        if not draft.labels:
            return []
        data = self._wire.ask(LABELS, names=[*draft.labels])
        return [
            id_of(one.get("id"))
            for one in objects_of(inside(data, "issueLabels").get("nodes"))
            if inside(one, "team").get("key") in {None, draft.project}
        ]

    # --- One issue ---

    def fetch(self, reference: str) -> Issue:
        data = self._wire.ask(ISSUE, id=checked(reference))
        if not inside(data, "issue"):
            raise NotFound
        return issue_of(inside(data, "issue"), self._web)

    def update(self, remote_id: str, changes: Changes) -> Issue:
        wanted = self._wanted(checked(remote_id), changes)
        if not wanted:
            return self.fetch(remote_id)
        data = self._wire.ask(UPDATE, id=remote_id, input=wanted)
        return issue_of(inside(data, "issueUpdate", "issue"), self._web)

    def _wanted(self, remote_id: str, changes: Changes) -> dict[str, Any]:
        wanted: dict[str, Any] = {}
        if changes.title is not KEEP:
            wanted["title"] = changes.title
        if changes.description is not KEEP:
            wanted["description"] = changes.description
        if changes.assignee is not KEEP:
            wanted["assigneeId"] = changes.assignee or None
        if changes.due_on is not KEEP:
            wanted["dueDate"] = changes.due_on.isoformat() if changes.due_on else None
        if changes.status is not KEEP:
            data = self._wire.ask(STATES_OF_ISSUE, id=remote_id)
            states = inside(data, "issue", "team", "states").get("nodes")
            wanted["stateId"] = _state_for(changes.status, statuses_of(states))
        return wanted

    # --- What changed ---

    def changed_since(self, projects: Sequence[str], cursor: str) -> ChangedPage:
        """Linear lists the newest first: `top` is where to go on once all is read."""
        if not cursor:
            now = clock_of(self._wire.answer(VIEWER)).isoformat()
            return ChangedPage(
                [], json.dumps({"since": now, "top": now, "after": None})
            )
        mark = json.loads(cursor)
        data = self._wire.ask(
            CHANGED, teams=[*projects], since=mark["since"], after=mark["after"]
        )
        raw = objects_of(inside(data, "issues").get("nodes"))
        more = inside(data, "issues", "pageInfo").get("hasNextPage") is True
        moments = [moment_of(one.get("updatedAt")) for one in raw]
        top = max([datetime.fromisoformat(mark["top"]), *moments]).isoformat()
        after = id_of(inside(data, "issues", "pageInfo").get("endCursor"))
        going_on = {"since": mark["since"], "top": top, "after": after}
        done = {"since": top, "top": top, "after": None}
        told = [
            issue_of(one, self._web) for one in raw if one.get("trashed") is not True
        ]
        told.sort(key=lambda issue: issue.updated_at)
        return ChangedPage(told, json.dumps(going_on if more else done), more)

    # --- People, statuses, addresses ---

    def reference_of(self, url: str) -> str | None:
        parts = urlsplit(url.strip())
        if parts.netloc.lower() != urlsplit(self._web).netloc.lower():
            return None
        found = ADDRESS.fullmatch(parts.path)
        return found[1].upper() if found else None

    def people(self, query: str) -> Sequence[Person]:
        data = self._wire.ask(PEOPLE, words=query.strip())
        found = map(person_of, objects_of(inside(data, "users").get("nodes")))
        return [person for person in found if person]

    def statuses(self, project: str) -> Sequence[Status]:
        return statuses_of(inside(self._team(project), "states").get("nodes"))

    # --- Webhooks ---

    def check_hook(
        self, headers: Mapping[str, str], raw: bytes, secrets: Sequence[str]
    ) -> Receipt:
        signature = headers.get("linear-signature", "")
        fitting = [secret for secret in secrets if signed(secret, raw, signature)]
        if not fitting or not _is_recent(hook_of(raw).get("webhookTimestamp")):
            raise BadSignature
        return Receipt(
            headers.get("linear-delivery", ""), headers.get("linear-event", "")
        )

    def read_hook(self, receipt: Receipt, raw: bytes) -> Sequence[HookEvent]:
        return events_of(hook_of(raw), self._web)


def id_from(key: str) -> str:
    """The id that an issue with this key has in Linear."""
    return str(UUID(bytes=sha256(key.encode()).digest()[:16], version=4))


def _address(web: str) -> str:
    linear = urlsplit(web).netloc == "linear.app"
    return "https://api.linear.app/graphql" if linear else f"{web}/graphql"


def _state_for(wanted: str, known: Sequence[Status]) -> str:
    """A state by its id, or the preferred one that means this."""
    for status in known:
        if wanted in {status.id, status.means}:
            return status.id
    raise Rejected({"status": _("The team has no such status.")})


def _is_recent(told: Any) -> bool:
    """Milliseconds since 1970, which must be about now."""
    if not isinstance(told, int | float) or not 0 < told < 1e14:  # noqa: PLR2004
        return False
    return (
        abs(datetime.now(UTC) - datetime.fromtimestamp(told / 1000, UTC)) <= TOLERANCE
    )


LINEAR = AdapterKind(
    name="linear",
    label=gettext_lazy("Linear"),
    make=Linear,
    default_url="https://linear.app",
    secret_label=gettext_lazy("API key"),
    secret_hint=gettext_lazy("A personal API key of an account made for Afterword."),
    project_label=gettext_lazy("Team"),
    project_hint=gettext_lazy("Its key, as in ENG-12: ENG."),
)
