"""Issues of GitHub and of GitHub Enterprise, by a token or as an app."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from integrations.trackers.adapter import (
    AdapterKind,
    BadSignature,
    ChangedPage,
    Changes,
    Deleted,
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
)
from integrations.trackers.calling import list_of, object_of, signed
from integrations.trackers.footers import key_in, with_footer
from integrations.trackers.github_access import ByApp, ByToken
from integrations.trackers.github_changes import STATUS_FOR, rewrites, wanted_of
from integrations.trackers.github_issues import (
    ADDRESS,
    PROJECT,
    events_of,
    is_pull_request,
    issue_of,
    parts_of,
    reference_in,
    refuse_pull_request,
    statuses,
)
from integrations.trackers.github_wire import REDIRECTS, Wire
from integrations.trackers.paging import List, Raw, changed, first_found
from integrations.trackers.values import clock_of, line_of, objects_of, text_of

FEW = 5
NEWEST = 300
"""How many of the newest issues are looked through for a key: search lags behind by
seconds or minutes, and nobody makes so many meanwhile."""


class GitHub:
    def __init__(self, web: str, wire: Wire) -> None:
        self._web, self._wire = web, wire

    def whoami(self) -> Person:
        return self._wire.access.whoami()

    # --- Making an issue, once ---

    def create(self, draft: Draft, key: str) -> Issue:
        wanted: dict[str, Any] = {
            "title": draft.title,
            "body": with_footer(draft.description, key, draft.due_on),
            "labels": [*draft.labels],
            "assignees": [draft.assignee] if draft.assignee else [],
        }
        with _of_project():
            made = self._create(_checked(draft.project), wanted)
        if STATUS_FOR[draft.status] == "open":
            return made
        with suppress(TrackerError):  # it exists: the next round closes it
            return self.update(made.remote_id, Changes(status=draft.status))
        return made

    def _create(self, project: str, wanted: dict[str, Any]) -> Issue:
        path = f"/repos/{project}/issues"
        try:
            answer = self._wire.ask("POST", path, wanted)
        except Rejected as refusal:
            if not wanted["assignees"] or "assignees" not in refusal.messages:
                raise
            # Somebody who may not be assigned there keeps no issue from being made.
            answer = self._wire.ask("POST", path, {**wanted, "assignees": []})
        if answer.status in REDIRECTS:
            raise Rejected({"project": _("This repository has another name now.")})
        return issue_of(object_of(answer), self._web)

    def find_by_key(self, key: str, project: str) -> Issue | None:
        """Among the newest issues first, since search does not know them at once."""
        with _of_project():
            return self._among_newest(key, project) or self._search(key, project)

    def _among_newest(self, key: str, project: str) -> Issue | None:
        listed = self._listed(_checked(project), {"sort": "created"})
        return first_found(listed, lambda raw: self._with_key(raw, key), NEWEST)

    def _listed(self, project: str, query: dict[str, str]) -> List:
        def listed(page: int, size: int) -> list[Raw]:
            asked = {"state": "all", **query, "per_page": size, "page": page}
            answer = self._wire.get(f"/repos/{project}/issues", asked)
            return objects_of(list_of(answer))

        return listed

    def _search(self, key: str, project: str) -> Issue | None:
        query = {"q": f'"{key}" in:body is:issue repo:{project}', "per_page": FEW}
        try:
            answer = self._wire.get("/search/issues", query)
        except Rejected:
            return None  # search refuses what the list above could read
        return self._with_key(objects_of(object_of(answer).get("items")), key)

    def _with_key(self, raw: list[dict[str, Any]], key: str) -> Issue | None:
        """The oldest one: later ones may be copies that people made."""
        found = [
            issue_of(one, self._web)
            for one in raw
            if key_in(text_of(one.get("body"))) == key and not is_pull_request(one)
        ]
        return min(found, key=lambda issue: int(parts_of(issue.key)[1]), default=None)

    # --- One issue ---

    def fetch(self, reference: str) -> Issue:
        return issue_of(self._raw(reference), self._web)

    def _raw(self, reference: str) -> dict[str, Any]:
        """Raises Moved, Deleted; NotFound or Forbidden by whether the repository is
        to be seen.
        """
        project, number = parts_of(reference)
        try:
            answer = self._wire.ask("GET", f"/repos/{project}/issues/{number}")
        except NotFound:
            self._check_visible(project)
            raise
        if answer.status in REDIRECTS:
            with _of_project():
                raise Moved(reference_in(object_of(self._wire.follow(answer))))
        return object_of(answer)

    def _check_visible(self, project: str) -> None:
        with _of_project():
            self._wire.ask("GET", f"/repos/{project}")

    def update(self, remote_id: str, changes: Changes) -> Issue:
        project, number = parts_of(remote_id)
        raw = self._raw(remote_id) if rewrites(changes) else {}
        wanted = wanted_of(changes, raw)
        try:
            answer = self._wire.ask(
                "PATCH", f"/repos/{project}/issues/{number}", wanted
            )
        except NotFound:
            self._check_visible(project)
            raise
        if answer.status in REDIRECTS:
            raise Moved(self.fetch(remote_id).remote_id)
        return issue_of(object_of(answer), self._web)

    # --- What changed ---

    def changed_since(self, projects: Sequence[str], cursor: str) -> ChangedPage:
        def listed_since(project: str, moment: str) -> List:
            since = moment.replace("+00:00", "Z")
            query = {"sort": "updated", "direction": "asc", "since": since}
            return self._listed(project, query)

        return changed(
            [*map(_checked, projects)],
            cursor,
            now_of=self._now,
            listed_since=listed_since,
            issue_of=lambda raw: (
                None if is_pull_request(raw) else issue_of(raw, self._web)
            ),
        )

    def _now(self, project: str) -> datetime:
        return clock_of(self._wire.get(f"/repos/{project}/issues", {"per_page": 1}))

    # --- People, statuses, addresses ---

    def reference_of(self, url: str) -> str | None:
        parts = urlsplit(url.strip())
        if parts.netloc.lower() != urlsplit(self._web).netloc.lower():
            return None
        found = ADDRESS.fullmatch(parts.path)
        if found is None:
            return None
        if found[2] == "pull":
            raise refuse_pull_request()
        return f"{found[1]}#{found[3]}"

    def people(self, query: str) -> Sequence[Person]:
        """By login, public name or public e-mail address; nobody without a query."""
        words = " ".join(query.replace(":", " ").split())
        if not words:
            return []
        wanted = {"q": f"{words} in:login in:name in:email type:user", "per_page": 10}
        found = objects_of(
            object_of(self._wire.get("/search/users", wanted)).get("items")
        )
        logins = [line_of(one.get("login")) for one in found]
        return [Person(login, login) for login in logins if login]

    def statuses(self, project: str) -> Sequence[Status]:
        return statuses()

    # --- Webhooks ---

    def check_hook(
        self, headers: Mapping[str, str], raw: bytes, secrets: Sequence[str]
    ) -> Receipt:
        scheme, _equals, signature = headers.get("x-hub-signature-256", "").partition(
            "="
        )
        fitting = [secret for secret in secrets if signed(secret, raw, signature)]
        if scheme != "sha256" or not fitting:
            raise BadSignature
        return Receipt(
            headers.get("x-github-delivery", ""), headers.get("x-github-event", "")
        )

    def read_hook(self, receipt: Receipt, raw: bytes) -> Sequence[HookEvent]:
        return events_of(receipt, raw, self._web)


@contextmanager
def _of_project() -> Iterator[None]:
    """What is told of one issue otherwise is told of the whole repository here."""
    try:
        yield
    except NotFound as hidden:
        raise Forbidden from hidden
    except Deleted as switched_off:
        said = _("Issues are switched off in this repository.")
        raise Rejected({"project": said}) from switched_off


def _checked(project: str) -> str:
    if not PROJECT.fullmatch(project):
        raise Rejected({"project": _("Write a repository as owner/repository.")})
    return project


def web_and_api(base_url: str) -> tuple[str, str]:
    """Where people read it, and where programs ask; an Enterprise Server is both."""
    parts = urlsplit(base_url)
    host = parts.netloc.lower().removeprefix("api.").removeprefix("www.")
    if host == "github.com" or host.endswith(".ghe.com"):
        return f"https://{host}", f"https://api.{host}"
    web = base_url.rstrip("/").removesuffix("/api/v3")
    return web, f"{web}/api/v3"


def _by_token(site: Site) -> GitHub:
    web, api = web_and_api(site.base_url)
    return GitHub(web, Wire(api, ByToken(api, site.secret)))


def _by_app(site: Site) -> GitHub:
    web, api = web_and_api(site.base_url)
    app = site.options.get("app_id", "")
    installation = site.options.get("installation_id", "")
    return GitHub(web, Wire(api, ByApp(api, app, installation, site.secret)))


GITHUB = AdapterKind(
    name="github",
    label=gettext_lazy("GitHub, by token"),
    make=_by_token,
    default_url="https://github.com",
    secret_label=gettext_lazy("Token"),
    secret_hint=gettext_lazy(
        "A fine-grained token for the repositories, with read and write access to"
        " issues; or a classic one with the scope repo."
    ),
    project_label=gettext_lazy("Repository"),
    project_hint=gettext_lazy("As owner/repository."),
)
GITHUB_APP = AdapterKind(
    name="github_app",
    label=gettext_lazy("GitHub, as an app"),
    make=_by_app,
    default_url="https://github.com",
    secret_label=gettext_lazy("Private key"),
    secret_hint=gettext_lazy("The whole file that the app’s page gave you (PEM)."),
    project_label=gettext_lazy("Repository"),
    project_hint=gettext_lazy("As owner/repository."),
    options={
        "app_id": gettext_lazy("App ID"),
        "installation_id": gettext_lazy("Installation ID"),
    },
)
