"""A GitLab that listens on this machine: projects, issues, and what befalls them."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote

from tests.trackers.base import Asked, Said, TrackerServer

TOKEN = "gitlab-token"
BEGIN = datetime(2026, 3, 9, 12, 0, 0, tzinfo=UTC)
MISSING = Said(404, {"message": "404 Not found"})
PROJECT = r"/api/v4/projects/([^/]+)"
PATHS = {14: "acme/web/shop", 15: "acme/attic"}
PEOPLE = {51: "Lena Fischer", 52: "Priya Raman"}


class GitLabServer(TrackerServer):
    routes = [
        ("GET", "/api/v4/user", "user"),
        ("GET", "/api/v4/users", "people"),
        ("GET", PROJECT, "project"),
        ("GET", PROJECT + "/issues", "issues"),
        ("POST", PROJECT + "/issues", "create"),
        ("GET", PROJECT + r"/issues/(\d+)", "issue"),
        ("PUT", PROJECT + r"/issues/(\d+)", "change"),
        ("POST", "/api/graphql", "graphql"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.all: list[dict[str, Any]] = []
        self.hidden: set[int] = set()
        self.now = BEGIN
        self.tokens = {TOKEN}

    # --- What tests do there ---

    def put(self, project: int = 14, **fields: Any) -> dict[str, Any]:
        return self._add(project, {"title": "Found there", "description": "", **fields})

    def edit(self, issue: dict[str, Any], **fields: Any) -> None:
        self._tick()
        issue |= {"updated_at": self._stamp, **fields}

    def move(self, issue: dict[str, Any]) -> dict[str, Any]:
        new = self._add(15, {"title": issue["title"]})
        self.edit(issue, state="closed", moved_to_id=new["id"])
        return new

    # --- What it answers ---

    def answer(self, asked: Asked) -> Said | None:
        said = super().answer(asked)
        if said is not None:
            now = self.now.strftime("%a, %d %b %Y %H:%M:%S GMT")
            said.headers = {"Date": now, **said.headers}
        return said

    def _route(self, asked: Asked) -> Said:
        token = asked.headers.get("authorization", "").removeprefix("Bearer ")
        if token not in self.tokens:
            return Said(401, {"message": "401 Unauthorized"})
        return super()._route(asked)

    def user(self, asked: Asked) -> Said:
        return Said(200, {"id": 7, "username": "afterword", "name": "Afterword"})

    def people(self, asked: Asked) -> Said:
        word = asked.query["search"].lower()
        found = [{"id": n, "name": p} for n, p in PEOPLE.items() if word in p.lower()]
        return Said(200, found)

    def project(self, asked: Asked, name: str) -> Said:
        of = self._project(name)
        return Said(200, {"id": of}) if of else MISSING

    def issues(self, asked: Asked, name: str) -> Said:
        of = self._project(name)
        if not of:
            return MISSING
        by, words = asked.query.get("order_by", "created_at"), asked.query.get("search")
        since = asked.query.get("updated_after", "")
        listed = [
            one
            for one in self.all
            if one["project_id"] == of
            and one["updated_at"] >= since
            and (words or "") in (one["description"] or "")
        ]
        listed.sort(key=lambda one: one[by], reverse=asked.query.get("sort") != "asc")
        size, page = int(asked.query["per_page"]), int(asked.query["page"])
        return Said(200, listed[size * (page - 1) : size * page])

    def create(self, asked: Asked, name: str) -> Said:
        of = self._project(name)
        return Said(201, self._add(of, self._told(asked.body))) if of else MISSING

    def issue(self, asked: Asked, name: str, number: str) -> Said:
        of = self._project(name)
        for one in self.all:
            if (one["project_id"], one["iid"]) == (of, int(number)):
                return Said(200, one)
        return MISSING

    def change(self, asked: Asked, name: str, number: str) -> Said:
        there = self.issue(asked, name, number)
        if there.status == 200:
            self.edit(there.body, **self._changed(there.body, dict(asked.body)))
        return there

    def graphql(self, asked: Asked) -> Said:
        number = int(asked.body["variables"]["id"].rpartition("/")[2])
        issue = next((one for one in self.all if one["id"] == number), None)
        seen = issue if issue and issue["project_id"] not in self.hidden else None
        told = {"webUrl": seen["web_url"]} if seen else None
        return Said(200, {"data": {"issue": told}})

    # --- Inside ---

    @property
    def _stamp(self) -> str:
        return self.now.strftime("%Y-%m-%dT%H:%M:%S.000Z")

    def _tick(self) -> None:
        self.now += timedelta(seconds=1)

    def _project(self, name: str) -> int | None:
        wanted = unquote(name)
        for number, path in PATHS.items():
            if wanted in {str(number), path} and number not in self.hidden:
                return number
        return None

    def _told(self, wanted: dict[str, Any]) -> dict[str, Any]:
        told = dict(wanted)
        if "assignee_ids" in told:
            people = [int(one) for one in told.pop("assignee_ids") if one != "0"]
            told["assignees"] = [{"id": n, "name": PEOPLE[n]} for n in people]
        if "labels" in told and isinstance(told["labels"], str):
            told["labels"] = [*filter(None, told["labels"].split(","))]
        return told

    def _changed(self, issue: dict[str, Any], wanted: dict[str, Any]) -> dict[str, Any]:
        told = self._told(wanted)
        labels = set(issue["labels"]) | set(filter(None, [told.pop("add_labels", "")]))
        told["labels"] = sorted(labels - {told.pop("remove_labels", "")})
        event = told.pop("state_event", "")
        if event:
            told["state"] = "closed" if event == "close" else "opened"
        if told.get("due_date") == "":
            told["due_date"] = None
        if re.search(r"^/close", told.get("description", ""), re.MULTILINE):
            told["state"] = "closed"
        return told

    def _add(self, of: int, fields: dict[str, Any]) -> dict[str, Any]:
        self._tick()
        number = 1 + sum(one["project_id"] == of for one in self.all)
        issue = {
            "id": 300 + len(self.all),
            "description": None,
            "due_date": None,
            "assignees": [],
            "labels": [],
            "moved_to_id": None,
            "closed_by": None,
            "created_at": self._stamp,
            **fields,
            "iid": number,
            "project_id": of,
            "state": "opened",
            "updated_at": self._stamp,
            "web_url": f"{self.url}/{PATHS[of]}/-/issues/{number}",
        }
        self.all.append(issue)
        return issue
