"""Issues of GitLab, at gitlab.com or one's own, by a token."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from hmac import compare_digest
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from integrations.trackers.adapter import (
    AdapterKind,
    BadSignature,
    ChangedPage,
    Changes,
    Draft,
    Forbidden,
    HookEvent,
    Issue,
    Moved,
    NotFound,
    Person,
    Receipt,
    Rejected,
    Site,
    Status,
    TrackerError,
    Unavailable,
)
from integrations.trackers.calling import call, list_of, lower, object_of
from integrations.trackers.footers import key_in, with_footer
from integrations.trackers.gitlab_changes import STATUS_FOR, inert, wanted_of
from integrations.trackers.gitlab_issues import (
    PROJECT,
    events_of,
    issue_of,
    parts_of,
    reference_in,
    statuses,
)
from integrations.trackers.paging import SIZES, List, Raw, changed, first_found
from integrations.trackers.values import (
    clock_of,
    id_of,
    inside,
    line_of,
    objects_of,
    text_of,
)
from outbound import http

NEWEST = SIZES[0]
"""Issues that are looked through for a key besides those that search finds."""
REDIRECTS = frozenset({301, 302, 307, 308})
WHERE_IT_WENT = "query($id: IssueID!) { issue(id: $id) { webUrl } }"


class GitLab:
    def __init__(self, site: Site) -> None:
        self._web = site.base_url.rstrip("/").removesuffix("/api/v4")
        self._api = f"{self._web}/api/v4"
        self._headers = {"Authorization": f"Bearer {site.secret}"}

    def whoami(self) -> Person:
        return _person(object_of(self._get("/user")))

    # --- Making an issue, once ---

    def create(self, draft: Draft, key: str) -> Issue:
        wanted: Raw = {
            "title": draft.title,
            "description": with_footer(inert(draft.description), key),
            "labels": ",".join(draft.labels),
        }
        if draft.assignee:
            wanted["assignee_ids"] = [draft.assignee]
        if draft.due_on:
            wanted["due_date"] = draft.due_on.isoformat()
        with _of_project():
            path = f"/projects/{_id(draft.project)}/issues"
            made = issue_of(object_of(self._ask("POST", path, wanted)), self._web)
        if STATUS_FOR[draft.status] == made.status.id:
            return made
        with suppress(TrackerError):  # it exists: the next round closes it
            return self.update(made.remote_id, Changes(status=draft.status))
        return made

    def find_by_key(self, key: str, project: str) -> Issue | None:
        def with_key(raw: list[Raw]) -> Issue | None:
            fitting = [one for one in raw if key_in(_text(one)) == key]
            oldest = min(fitting, key=_number, default=None)
            return issue_of(oldest, self._web) if oldest else None

        newest = self._listed(project, {"order_by": "created_at"})
        found = self._listed(project, {"search": key, "in": "description"})
        with _of_project():
            return first_found(newest, with_key, NEWEST) or first_found(
                found, with_key, NEWEST
            )

    def _listed(self, project: str, query: Mapping[str, str]) -> List:
        path = f"/projects/{_id(project)}/issues"

        def listed(page: int, size: int) -> list[Raw]:
            asked = {"scope": "all", **query, "per_page": size, "page": page}
            return objects_of(list_of(self._get(f"{path}?{urlencode(asked)}")))

        return listed

    # --- One issue ---

    def fetch(self, reference: str) -> Issue:
        return issue_of(self._raw(reference), self._web)

    def _raw(self, reference: str) -> Raw:
        """Raises Moved; NotFound or Forbidden by whether the project is to be seen."""
        project, number = parts_of(reference)
        try:
            answer = self._get(f"/projects/{_id(project)}/issues/{number}")
        except NotFound:
            with _of_project():
                self._get(f"/projects/{_id(project)}")
            raise
        raw = object_of(answer)
        if moved_to := id_of(raw.get("moved_to_id")):
            raise Moved(self._where_it_went(moved_to))
        return raw

    def _where_it_went(self, moved_to: str) -> str:
        """The REST API tells this to administrators only."""
        asked = {
            "query": WHERE_IT_WENT,
            "variables": {"id": f"gid://gitlab/Issue/{moved_to}"},
        }
        answer = self._call("POST", f"{self._web}/api/graphql", asked)
        issue = inside(object_of(answer), "data", "issue")
        reference = reference_in(line_of(issue.get("webUrl")), self._web)
        if not reference:
            raise Forbidden
        return reference

    def update(self, remote_id: str, changes: Changes) -> Issue:
        raw = self._raw(remote_id)
        wanted = wanted_of(changes, raw)
        if not wanted:
            return issue_of(raw, self._web)
        project, number = parts_of(remote_id)
        path = f"/projects/{_id(project)}/issues/{number}"
        return issue_of(object_of(self._ask("PUT", path, wanted)), self._web)

    # --- What changed ---

    def changed_since(self, projects: Sequence[str], cursor: str) -> ChangedPage:
        def listed_since(project: str, moment: str) -> List:
            since = moment.replace("+00:00", "Z")
            query = {"order_by": "updated_at", "sort": "asc", "updated_after": since}
            return self._listed(project, query)

        return changed(
            projects,
            cursor,
            now_of=self._now,
            listed_since=listed_since,
            issue_of=lambda raw: issue_of(raw, self._web),
        )

    def _now(self, project: str) -> datetime:
        return clock_of(self._get(f"/projects/{_id(project)}"))

    # --- People, statuses, addresses ---

    def reference_of(self, url: str) -> str | None:
        parts, web = urlsplit(url.strip()), urlsplit(self._web)
        inside_it = parts.path.startswith(f"{web.path}/")
        if parts.netloc.lower() != web.netloc.lower() or not inside_it:
            return None
        return reference_in(url.strip(), self._web) or None

    def people(self, query: str) -> Sequence[Person]:
        """By name, user name or public e-mail address; nobody without a query."""
        words = query.strip()
        if not words:
            return []
        asked = {"search": words, "active": "true", "per_page": 10}
        found = objects_of(list_of(self._get(f"/users?{urlencode(asked)}")))
        return [_person(one) for one in found]

    def statuses(self, project: str) -> Sequence[Status]:
        return statuses()

    # --- Webhooks ---

    def check_hook(
        self, headers: Mapping[str, str], raw: bytes, secrets: Sequence[str]
    ) -> Receipt:
        """GitLab sends the secret itself; its body is not signed."""
        token = headers.get("x-gitlab-token", "").encode("utf-8", "replace")
        fitting = [
            one for one in secrets if one and compare_digest(token, one.encode())
        ]
        if not fitting:
            raise BadSignature
        # X-Gitlab-Event-UUID is no id: hooks that follow from others share it.
        return Receipt(
            headers.get("idempotency-key", ""), headers.get("x-gitlab-event", "")
        )

    def read_hook(self, receipt: Receipt, raw: bytes) -> Sequence[HookEvent]:
        return events_of(raw, self._web)

    # --- The wire ---

    def _get(self, path: str) -> http.Answer:
        """Follows one redirect inside the API: of a project that was renamed."""
        answer = self._ask("GET", path)
        location = lower(answer.headers).get("location", "")
        if answer.status not in REDIRECTS:
            return answer
        if not location.startswith(f"{self._api}/"):
            raise Unavailable("redirect")
        return self._call("GET", location)

    def _ask(self, method: str, path: str, wanted: Any = None) -> http.Answer:
        return self._call(method, f"{self._api}{path}", wanted)

    def _call(self, method: str, url: str, wanted: Any = None) -> http.Answer:
        return call(method, url, headers=self._headers, json=wanted)


def _text(raw: Raw) -> str:
    return text_of(raw.get("description"))


def _number(raw: Raw) -> int:
    return int(id_of(raw.get("iid")) or 0)


def _person(raw: Raw) -> Person:
    name = line_of(raw.get("name")) or line_of(raw.get("username"))
    email = line_of(raw.get("email")) or line_of(raw.get("public_email"))
    return Person(id_of(raw.get("id")), name, email)


def _id(project: str) -> str:
    """A project in an address. Raises Rejected for what names none."""
    if not PROJECT.fullmatch(project):
        said = _("Write a project as group/project, or as its number.")
        raise Rejected({"project": said})
    return quote(project, safe="")


@contextmanager
def _of_project() -> Iterator[None]:
    try:
        yield
    except NotFound as hidden:
        raise Forbidden from hidden


GITLAB = AdapterKind(
    name="gitlab",
    label=gettext_lazy("GitLab"),
    make=GitLab,
    default_url="https://gitlab.com",
    secret_label=gettext_lazy("Token"),
    secret_hint=gettext_lazy(
        "Of a project, a group or a person, with the scope api and the role Reporter"
        " or more."
    ),
    project_label=gettext_lazy("Project"),
    project_hint=gettext_lazy("As group/project, or as its number."),
)
