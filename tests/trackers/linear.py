"""A Linear that listens on this machine: one team, its states, its issues."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.trackers.base import Asked, Said, TrackerServer

TOKEN = "linear-key"
BEGIN = datetime(2026, 3, 9, 12, 0, 0, tzinfo=UTC)
TEAM: dict[str, Any] = {"id": "7d1f0a52-0000-4000-8000-000000000001", "key": "OPS"}
STATES: list[dict[str, Any]] = [
    {"id": "state-backlog", "name": "Backlog", "type": "backlog", "position": 0},
    {"id": "state-todo", "name": "Todo", "type": "unstarted", "position": 1},
    {"id": "state-doing", "name": "Doing", "type": "started", "position": 2},
    {"id": "state-done", "name": "Done", "type": "completed", "position": 3},
    {"id": "state-no", "name": "Canceled", "type": "canceled", "position": 4},
]
PEOPLE: list[dict[str, Any]] = [
    {"id": "lena", "name": "Lena Fischer", "email": "lena@afterword.example"},
    {"id": "priya", "name": "Priya Raman", "email": "priya@afterword.example"},
]
LABELS: list[dict[str, Any]] = [
    {"id": "label-1", "name": "afterword", "team": None},
    {"id": "label-2", "name": "afterword", "team": {"key": "WEB"}},
]


def refusal(code: str, message: str, **more: Any) -> dict[str, Any]:
    return {"errors": [{"message": message, "extensions": {"code": code, **more}}]}


class LinearServer(TrackerServer):
    """Answers the queries of the adapter by what they ask for; it parses none."""

    routes = [("POST", "/graphql", "graphql")]

    def __init__(self) -> None:
        super().__init__()
        self.all: list[dict[str, Any]] = []
        self.now = BEGIN
        self.keys = {TOKEN}
        self.page = 20

    def put(self, **fields: Any) -> dict[str, Any]:
        number = len(self.all) + 1
        given = {"id": f"00000000-0000-4000-8000-{number:012}", "title": "Found there"}
        return self._add({**given, **fields})

    def edit(self, issue: dict[str, Any], **fields: Any) -> None:
        self.now += timedelta(seconds=1)
        issue |= {"updatedAt": self._stamp, **fields}

    def graphql(self, asked: Asked) -> Said:
        if asked.headers.get("authorization") not in self.keys:
            return Said(401, refusal("AUTHENTICATION_ERROR", "Not authenticated"))
        query, given = asked.body["query"], asked.body["variables"]
        for word, answer in (
            ("issueCreate", self._create),
            ("issueUpdate", self._update),
            ("updatedAt: {", self._changed),
            ("issues(filter", self._by_id),
            ("issue(id", self._issue),
            ("teams(", self._teams),
            ("issueLabels(", lambda _given: {"issueLabels": {"nodes": LABELS}}),
            ("users(", self._people),
            ("viewer", lambda _given: {"viewer": PEOPLE[0]}),
        ):
            if word in query:
                now = self.now.strftime("%a, %d %b %Y %H:%M:%S GMT")
                found = answer(given)
                body = found if "errors" in found else {"data": found}
                return Said(200, body, {"Date": now})
        raise AssertionError(query)

    def _create(self, given: dict[str, Any]) -> dict[str, Any]:
        wanted = given["input"]
        if any(one["id"] == wanted["id"] for one in self.all):
            return refusal("INPUT_ERROR", "Entity with this id exists already")
        return {"issueCreate": {"success": True, "issue": self._add(wanted)}}

    def _update(self, given: dict[str, Any]) -> dict[str, Any]:
        issue = self._find(given["id"])
        if issue is None:
            return refusal("INPUT_ERROR", "Entity not found: Issue")
        self.edit(issue, **self._told(given["input"]))
        return {"issueUpdate": {"success": True, "issue": issue}}

    def _issue(self, given: dict[str, Any]) -> dict[str, Any]:
        issue = self._find(given["id"])
        if issue is None:
            return refusal("INPUT_ERROR", "Entity not found: Issue")
        return {"issue": {**issue, "team": {**TEAM, "states": {"nodes": STATES}}}}

    def _by_id(self, given: dict[str, Any]) -> dict[str, Any]:
        issue = self._find(given["id"])
        return {"issues": {"nodes": [issue] if issue else []}}

    def _changed(self, given: dict[str, Any]) -> dict[str, Any]:
        since = datetime.fromisoformat(given["since"])
        listed = [
            one
            for one in self.all
            if datetime.fromisoformat(one["updatedAt"]) >= since
            and one["team"]["key"] in given["teams"]
        ]
        listed.sort(key=lambda one: one["updatedAt"], reverse=True)
        begin = int(given["after"] or 0)
        more = len(listed) > begin + self.page
        info = {"hasNextPage": more, "endCursor": str(begin + self.page)}
        nodes = listed[begin : begin + self.page]
        return {"issues": {"nodes": nodes, "pageInfo": info}}

    def _teams(self, given: dict[str, Any]) -> dict[str, Any]:
        team = {**TEAM, "states": {"nodes": STATES}}
        return {"teams": {"nodes": [team] if given["key"] == TEAM["key"] else []}}

    def _people(self, given: dict[str, Any]) -> dict[str, Any]:
        words = given["words"].lower()
        found = [
            one for one in PEOPLE if words in f"{one['name']} {one['email']}".lower()
        ]
        return {"users": {"nodes": found}}

    @property
    def _stamp(self) -> str:
        return self.now.strftime("%Y-%m-%dT%H:%M:%S.000Z")

    def _find(self, name: str) -> dict[str, Any] | None:
        named = (one for one in self.all if name in {one["id"], one["identifier"]})
        return next(named, None)

    def _told(self, wanted: dict[str, Any]) -> dict[str, Any]:
        told = dict(wanted)
        if "stateId" in told:
            state = told.pop("stateId")
            told["state"] = next(one for one in STATES if one["id"] == state)
        if "assigneeId" in told:
            who = told.pop("assigneeId")
            told["assignee"] = next((one for one in PEOPLE if one["id"] == who), None)
        names = [one["name"] for one in LABELS if one["id"] in told.pop("labelIds", [])]
        return {**told, "labels": {"nodes": [{"name": name} for name in names]}}

    def _add(self, fields: dict[str, Any]) -> dict[str, Any]:
        self.now += timedelta(seconds=1)
        key = f"OPS-{len(self.all) + 1}"
        issue = {
            "description": "",
            "dueDate": None,
            "assignee": None,
            "trashed": None,
            "state": STATES[0],
            "team": TEAM,
            **self._told(fields),
            "identifier": key,
            "url": f"{self.url}/acme/issue/{key}/found-there",
            "updatedAt": self._stamp,
        }
        self.all.append(issue)
        return issue
