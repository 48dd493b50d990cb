"""A GitHub that listens on this machine: repositories, issues, what befalls them."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote

import pytest

from tests.samples import SAMPLES
from tests.trackers.base import Asked, Said, TrackerServer

TOKEN = "github-token"
BEGIN = datetime(2026, 3, 9, 12, 0, 0, tzinfo=UTC)
MISSING = Said(404, {"message": "Not Found", "status": "404"})
ISSUES = r"/api/v3/repos/([^/]+/[^/]+)/issues"

INVENTED: dict[str, Any] = {
    "id": 1,
    "node_id": "I_1",
    "labels": [],
    "assignee": None,
    "assignees": [],
    "state": "open",
    "state_reason": None,
    "closed_by": None,
    "user": {"login": "afterword-bot", "id": 7, "type": "User"},
    "body": None,
}


def real_shape() -> dict[str, Any]:
    """The issue of a webhook that GitHub once sent, with its many fields."""
    path = SAMPLES / "payloads" / "github" / "webhooks_issues.json"
    if not path.exists():
        pytest.skip("No payloads of GitHub beside the samples (AFTERWORD_SAMPLES).")
    shape: dict[str, Any] = json.loads(path.read_text())["issue"]
    return shape


@dataclass
class Repository:
    issues: dict[int, dict[str, Any]] = field(default_factory=dict)
    moved: dict[int, str] = field(default_factory=dict)
    """Number → "owner/repository#number" it was transferred to."""
    deleted: set[int] = field(default_factory=set)
    archived: bool = False
    visible: bool = True
    has_issues: bool = True
    assignable: set[str] = field(default_factory=lambda: {"lena", "priya"})


class GitHubServer(TrackerServer):
    routes = [
        ("GET", "/api/v3/user", "user"),
        ("GET", "/api/v3/app", "app"),
        ("POST", r"/api/v3/app/installations/(\d+)/access_tokens", "app_token"),
        ("GET", "/api/v3/search/issues", "search"),
        ("GET", "/api/v3/search/users", "people"),
        ("GET", r"/api/v3/repos/([^/]+/[^/]+)", "repository"),
        ("GET", ISSUES, "issues"),
        ("POST", ISSUES, "create"),
        ("GET", ISSUES + r"/(\d+)", "issue"),
        ("PATCH", ISSUES + r"/(\d+)", "change"),
    ]

    def __init__(self, shape: dict[str, Any] | None = None) -> None:
        super().__init__()
        self.shape = shape or INVENTED
        self.repositories = {"acme/shop": Repository(), "acme/attic": Repository()}
        self.now = BEGIN
        self.search_lags = False
        self.tokens = {TOKEN}
        self.app_tokens: list[str] = []
        self.app_keys: list[str] = []

    # --- What tests do there ---

    def put(self, name: str = "acme/shop", **fields: Any) -> dict[str, Any]:
        """An issue that somebody made."""
        return self._add(name, {"title": "Found there", "body": "", **fields})

    def edit(self, number: int, name: str = "acme/shop", **fields: Any) -> None:
        self._tick()
        self.repositories[name].issues[number] |= {"updated_at": self._stamp, **fields}

    def close(self, number: int, reason: str = "completed", kind: str = "User") -> None:
        by = {"login": "stale[bot]" if kind == "Bot" else "priya", "type": kind}
        self.edit(number, state="closed", state_reason=reason, closed_by=by)

    def transfer(self, number: int, to: str = "acme/attic") -> str:
        source = self.repositories["acme/shop"]
        issue = source.issues.pop(number)
        new = self._add(to, issue)
        source.moved[number] = f"{to}#{new['number']}"
        return source.moved[number]

    def delete(self, number: int) -> None:
        shop = self.repositories["acme/shop"]
        del shop.issues[number]
        shop.deleted.add(number)

    # --- What it answers ---

    def answer(self, asked: Asked) -> Said | None:
        said = super().answer(asked)
        if said is not None:
            now = self.now.strftime("%a, %d %b %Y %H:%M:%S GMT")
            said.headers = {"Date": now, **said.headers}
        return said

    def _route(self, asked: Asked) -> Said:
        token = asked.headers.get("authorization", "").removeprefix("Bearer ")
        if not asked.path.startswith("/api/v3/app") and token not in self.tokens:
            return Said(401, {"message": "Bad credentials", "status": "401"})
        if "user-agent" not in asked.headers:
            return Said(403, {"message": "Request forbidden: no User-Agent"})
        return super()._route(asked)

    def user(self, asked: Asked) -> Said:
        return Said(200, {"login": "afterword-bot", "name": "Afterword", "id": 7})

    def app(self, asked: Asked) -> Said:
        self.app_keys.append(asked.headers["authorization"])
        return Said(200, {"slug": "afterword", "name": "Afterword", "id": 99})

    def app_token(self, asked: Asked, installation: str) -> Said:
        self.app_keys.append(asked.headers["authorization"])
        if installation != "4711":
            return MISSING
        token = f"installation-{len(self.app_tokens) + 1}"
        self.app_tokens.append(token)
        self.tokens.add(token)
        until = datetime.now(UTC) + timedelta(hours=1)
        return Said(201, {"token": token, "expires_at": f"{until:%Y-%m-%dT%H:%M:%SZ}"})

    def repository(self, asked: Asked, name: str) -> Said:
        found = self._seen(name)
        if found is None:
            return MISSING
        return Said(200, {"full_name": name, "archived": found.archived})

    def issues(self, asked: Asked, name: str) -> Said:
        found = self._seen(name)
        if found is None:
            return MISSING
        if not found.has_issues:
            return Said(410, {"message": "Issues are disabled for this repo"})
        by = "updated_at" if asked.query.get("sort") == "updated" else "created_at"
        since = asked.query.get("since", "")
        listed = [one for one in found.issues.values() if one["updated_at"] >= since]
        listed.sort(key=lambda one: (one[by], one["number"]))
        if asked.query.get("direction") != "asc":
            listed.reverse()
        size, page = (
            int(asked.query.get("per_page", 30)),
            int(asked.query.get("page", 1)),
        )
        return Said(200, listed[size * (page - 1) : size * page])

    def search(self, asked: Asked) -> Said:
        words = unquote(asked.query["q"]).split('"')
        name = words[2].rpartition("repo:")[2]
        found = self._seen(name)
        if found is None:
            return Said(422, {"message": "Validation Failed", "errors": []})
        items = [] if self.search_lags else [*found.issues.values()]
        fitting = [one for one in items if words[1] in (one["body"] or "")]
        return Said(200, {"total_count": len(fitting), "items": fitting})

    def people(self, asked: Asked) -> Said:
        word = asked.query["q"].split()[0]
        logins = [login for login in ("lena", "priya") if word in login]
        items = [{"login": login, "type": "User"} for login in logins]
        return Said(200, {"total_count": len(items), "items": items})

    def create(self, asked: Asked, name: str) -> Said:
        found = self._seen(name)
        if found is None:
            return MISSING
        if refusal := self._refusal(found, asked):
            return refusal
        return Said(201, self._add(name, asked.body))

    def issue(self, asked: Asked, name: str, number: str) -> Said:
        found = self._seen(name)
        if found is None:
            return MISSING
        if moved := found.moved.get(int(number)):
            new, _hash, to = moved.partition("#")
            place = f"{self.url}/api/v3/repos/{new}/issues/{to}"
            return Said(301, {"message": "Moved Permanently"}, {"Location": place})
        if int(number) in found.deleted:
            return Said(410, {"message": "This issue was deleted"})
        if int(number) not in found.issues:
            return MISSING
        return Said(200, found.issues[int(number)])

    def change(self, asked: Asked, name: str, number: str) -> Said:
        there = self.issue(asked, name, number)
        if there.status != 200:
            return there
        found = self.repositories[name]
        if refusal := self._refusal(found, asked):
            return refusal
        wanted = dict(asked.body)
        if wanted.get("state") == "closed":
            wanted["closed_by"] = {"login": "afterword-bot", "type": "User"}
        self.edit(int(number), name, **self._told(wanted))
        return Said(200, found.issues[int(number)])

    # --- Inside ---

    @property
    def _stamp(self) -> str:
        return self.now.strftime("%Y-%m-%dT%H:%M:%SZ")

    def _tick(self) -> None:
        self.now += timedelta(seconds=1)

    def _seen(self, name: str) -> Repository | None:
        found = self.repositories.get(name)
        return found if found and found.visible else None

    def _refusal(self, found: Repository, asked: Asked) -> Said | None:
        if found.archived:
            said = "Repository was archived so is read-only."
            return Said(403, {"message": said})
        if not found.has_issues:
            return Said(410, {"message": "Issues are disabled for this repo"})
        if set(asked.body.get("assignees", [])) - found.assignable:
            error = {"resource": "Issue", "field": "assignees", "code": "invalid"}
            return Said(422, {"message": "Validation Failed", "errors": [error]})
        return None

    def _told(self, wanted: dict[str, Any]) -> dict[str, Any]:
        told = dict(wanted)
        if "assignees" in wanted:
            told["assignees"] = [{"login": login} for login in wanted["assignees"]]
            told["assignee"] = next(iter(told["assignees"]), None)
        if "labels" in wanted and all(isinstance(one, str) for one in wanted["labels"]):
            told["labels"] = [{"name": label} for label in wanted["labels"]]
        return told

    def _add(self, name: str, fields: dict[str, Any]) -> dict[str, Any]:
        self._tick()
        repository = self.repositories[name]
        taken = [0, *repository.issues, *repository.moved, *repository.deleted]
        number = max(taken) + 1
        issue = {
            **self.shape,
            "labels": [],
            "created_at": self._stamp,
            "updated_at": self._stamp,
            **self._told(fields),
            "number": number,
            "html_url": f"{self.url}/{name}/issues/{number}",
        }
        repository.issues[number] = issue
        return issue
