"""A Jira that listens on this machine: issues, a workflow, a search, people."""

import copy
import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.samples import SAMPLES
from tests.trackers.base import Asked, Said, TrackerServer

BEGIN = datetime(2026, 3, 9, 12, 0, 0, tzinfo=UTC)
TOKEN = "jira-token"

TO_DO = {"id": "1", "name": "To Do", "statusCategory": {"id": 2, "key": "new"}}
DOING = {
    "id": "3",
    "name": "In Progress",
    "statusCategory": {"id": 4, "key": "indeterminate"},
}
DONE = {"id": "6", "name": "Done", "statusCategory": {"id": 3, "key": "done"}}
WORKFLOW = (TO_DO, DOING, DONE)
RESOLUTIONS = [{"name": "Done"}, {"name": "Won't Do"}, {"name": "Duplicate"}]

INVENTED: dict[str, Any] = {
    "fields": {"priority": {"name": "Medium"}, "customfield_10071": None}
}


def real_shape(name: str = "gojira_TestIssueService_Get_WithQuerySuccess") -> Any:
    """What a Jira once answered, with its many fields."""
    path = SAMPLES / "payloads" / "jira" / f"{name}.json"
    if not path.exists():
        pytest.skip("No payloads of Jira beside the samples (AFTERWORD_SAMPLES).")
    return json.loads(path.read_text())


@dataclass
class Account:
    account: str
    name: str
    email: str = ""


@dataclass
class State:
    issues: dict[str, dict[str, Any]] = field(default_factory=dict)
    """By id."""
    people: list[Account] = field(default_factory=list)
    hidden: set[str] = field(default_factory=set)
    not_on_screen: set[str] = field(default_factory=set)
    """Fields that the screens of the project do not have."""
    workflow: tuple[dict[str, Any], ...] = WORKFLOW
    asks_resolution: bool = True
    token_is_good: bool = True


class JiraServer(TrackerServer):
    routes = [
        ("GET", r"/rest/api/[23]/myself", "myself"),
        ("GET", r"/rest/api/[23]/serverInfo", "server_info"),
        ("GET", r"/rest/api/[23]/user/search", "users"),
        ("POST", r"/rest/api/3/search/jql", "search"),
        ("POST", r"/rest/api/2/search", "search"),
        ("POST", r"/rest/api/[23]/issue", "create"),
        ("GET", r"/rest/api/[23]/project/([^/]+)/statuses", "project_statuses"),
        ("GET", r"/rest/api/[23]/issue/([^/]+)", "issue"),
        ("PUT", r"/rest/api/[23]/issue/([^/]+)", "edit"),
        ("GET", r"/rest/api/[23]/issue/([^/]+)/transitions", "transitions"),
        ("POST", r"/rest/api/[23]/issue/([^/]+)/transitions", "move"),
    ]

    def __init__(self, shape: dict[str, Any] | None = None) -> None:
        super().__init__()
        self.shape = shape or INVENTED
        self.state = State(
            people=[
                Account("5f8a-lena", "Lena Fischer", "lena.fischer@afterword.example"),
                Account("5f8a-priya", "Priya Raman", "priya.raman@afterword.example"),
            ]
        )
        self.now = BEGIN
        self._next_id = 10001

    def _route(self, asked: Asked) -> Said:
        if not self.state.token_is_good or "authorization" not in asked.headers:
            return Said(401, {"message": "Client must be authenticated"})
        return super()._route(asked)

    # --- What people do there ---

    def tick(self) -> None:
        self.now += timedelta(seconds=1)

    def someone_changes(self, key: str, **fields: Any) -> dict[str, Any]:
        """By hand, in Jira."""
        found = self.found(key)
        assert found is not None
        self.tick()
        found["fields"] |= {**fields, "updated": self._stamp()}
        return found

    def create_quietly(self, title: str) -> None:
        """An issue that people made, which is none of ours."""
        fields = {"project": {"key": "OPS"}, "summary": title}
        self.create(Asked("POST", "", {}, {}, {"fields": fields}))

    def someone_moves(self, key: str, to: str) -> None:
        """To another project: the id stays, the key does not."""
        found = self.someone_changes(key, project={"key": to.split("-", maxsplit=1)[0]})
        found["key"] = to

    def found(self, reference: str) -> dict[str, Any] | None:
        for issue in self.state.issues.values():
            if reference in {issue["id"], issue["key"]}:
                return issue
        return None

    def only(self) -> dict[str, Any]:
        """The one issue there is."""
        (issue,) = self.state.issues.values()
        return issue

    def hook(self, key: str, name: str = "jira:issue_updated") -> bytes:
        """The body of the webhook about this issue as it now is."""
        issue = self.found(key)
        moment = int(self.now.timestamp() * 1000)
        return json.dumps(
            {"timestamp": moment, "webhookEvent": name, "issue": issue}
        ).encode()

    def _stamp(self) -> str:
        return self.now.strftime("%Y-%m-%dT%H:%M:%S.000+0000")

    # --- Answers ---

    def myself(self, asked: Asked) -> Said:
        return Said(200, self._person(Account("bot", "Afterword", "bot@x.example")))

    def server_info(self, asked: Asked) -> Said:
        return Said(200, {"baseUrl": self.url, "serverTime": self._stamp()})

    def users(self, asked: Asked) -> Said:
        wanted = (asked.query.get("query") or asked.query.get("username") or "").lower()
        found = [
            one
            for one in self.state.people
            if wanted in {"", "."} or wanted in f"{one.name} {one.email}".lower()
        ]
        return Said(200, [self._person(one) for one in found])

    def _person(self, one: Account) -> dict[str, Any]:
        return {
            "accountId": one.account,
            "name": one.account,
            "displayName": one.name,
            "emailAddress": one.email,
            "accountType": "atlassian",
            "active": True,
        }

    def create(self, asked: Asked) -> Said:
        refused = self._refused(asked.body["fields"])
        if refused:
            return refused
        number = self._next_id
        self._next_id += 1
        self.tick()
        fields = asked.body["fields"]
        key = f"{fields['project']['key']}-{number - 10000}"
        issue = copy.deepcopy(self.shape)
        issue |= {"id": str(number), "key": key}
        issue["fields"] |= {
            "status": TO_DO,
            "assignee": None,
            "duedate": None,
            "resolution": None,
            "updated": self._stamp(),
        }
        self.state.issues[issue["id"]] = issue
        self._write(issue, fields)
        return Said(201, {"id": issue["id"], "key": key, "self": f"{self.url}/x"})

    def _refused(self, fields: dict[str, Any]) -> Said | None:
        errors = {
            name: f"Field '{name}' cannot be set. It is not on the appropriate screen."
            for name in self.state.not_on_screen & fields.keys()
        }
        return Said(400, {"errorMessages": [], "errors": errors}) if errors else None

    def _write(self, issue: dict[str, Any], fields: dict[str, Any]) -> None:
        values = dict(fields)
        who = values.pop("assignee", "as it is")
        if who != "as it is":
            account = (who or {}).get("accountId") or (who or {}).get("name")
            known = {one.account: one for one in self.state.people}
            issue["fields"]["assignee"] = (
                self._person(known[account]) if account else None
            )
        issue["fields"] |= values | {"updated": self._stamp()}

    def issue(self, asked: Asked, reference: str) -> Said:
        found = self.found(reference)
        if found is None or found["key"] in self.state.hidden:
            return self._missing()
        return Said(200, found)

    def _missing(self) -> Said:
        text = "Issue does not exist or you do not have permission to see it."
        return Said(404, {"errorMessages": [text], "errors": {}})

    def edit(self, asked: Asked, reference: str) -> Said:
        found = self.found(reference)
        if found is None:
            return self._missing()
        refused = self._refused(asked.body["fields"])
        if refused:
            return refused
        self.tick()
        self._write(found, asked.body["fields"])
        return Said(204)

    def transitions(self, asked: Asked, reference: str) -> Said:
        found = self.found(reference)
        assert found is not None
        offered = [
            {
                "id": str(number),
                "name": f"To {status['name']}",
                "to": status,
                "fields": self._screen(status),
            }
            for number, status in enumerate(self.state.workflow, 11)
            if status != found["fields"]["status"]
        ]
        return Said(200, {"expand": "transitions", "transitions": offered})

    def _screen(self, status: dict[str, Any]) -> dict[str, Any]:
        if status != DONE or not self.state.asks_resolution:
            return {}
        return {"resolution": {"required": False, "allowedValues": RESOLUTIONS}}

    def move(self, asked: Asked, reference: str) -> Said:
        found = self.found(reference)
        assert found is not None
        status = self.state.workflow[int(asked.body["transition"]["id"]) - 11]
        said = asked.body.get("fields", {}).get("resolution")
        done = status["statusCategory"]["key"] == "done"
        self.tick()
        found["fields"] |= {
            "status": status,
            "resolution": (said or {"name": "Done"}) if done else None,
            "updated": self._stamp(),
        }
        return Said(204)

    def project_statuses(self, asked: Asked, project: str) -> Said:
        return Said(200, [{"id": "10", "name": "Task", "statuses": [*WORKFLOW]}])

    def search(self, asked: Asked) -> Said:
        found = [one for one in self.state.issues.values() if self._fits(asked, one)]
        found.sort(key=lambda one: one["fields"]["updated"])
        size = asked.body["maxResults"]
        start = int(asked.body.get("nextPageToken") or asked.body.get("startAt") or 0)
        part = found[start : start + size]
        reached = start + len(part)
        body: dict[str, Any] = {"issues": part, "total": len(found), "startAt": start}
        if reached < len(found):
            body["nextPageToken"] = str(reached)
        return Said(200, body)

    def _fits(self, asked: Asked, issue: dict[str, Any]) -> bool:
        jql = asked.body["jql"]
        label = re.search(r'labels = "([^"]+)"', jql)
        if label:
            return label.group(1) in issue["fields"].get("labels", [])
        since = re.search(r'updated >= "-(\d+)m"', jql)
        assert since
        names = re.findall(r'"([^"]+)"', jql.split(")", maxsplit=1)[0])
        updated = datetime.fromisoformat(issue["fields"]["updated"])
        recent = updated >= self.now - timedelta(minutes=int(since.group(1)))
        return recent and issue["key"].split("-")[0] in names
