"""Every route, and who may use each of its methods: the matrix as a table.

The words are those of `test_matrix.MAY`. A route with GET answers HEAD as well.
"""

ROUTES: dict[str, dict[str, str]] = {
    "livez": {"GET": "anybody"},
    "readyz": {"GET": "anybody"},
    # Signing in, and passwords.
    "account_login": {"GET": "anybody", "POST": "anybody"},
    "account_logout": {"POST": "anybody"},
    "account_inactive": {"GET": "anybody"},
    "account_change_password": {"GET": "signed in", "POST": "signed in"},
    "account_reset_password": {"GET": "anybody", "POST": "anybody"},
    "account_reset_password_done": {"GET": "anybody"},
    "account_reset_password_from_key_done": {"GET": "anybody"},
    "account_reset_password_from_key": {"GET": "anybody", "POST": "anybody"},
    # Arriving: the first page is gone once there is an account.
    "accounts:welcome": {"GET": "nobody", "POST": "nobody"},
    "accounts:accept-invitation": {"GET": "anybody", "POST": "anybody"},
    # People, teams and the organisation.
    "accounts:profile": {"GET": "signed in", "POST": "signed in"},
    "accounts:theme": {"POST": "signed in"},
    "accounts:people": {"GET": "signed in"},
    "accounts:person-change": {"POST": "administer"},
    "accounts:person-deactivate": {"POST": "administer"},
    "accounts:person-reactivate": {"POST": "administer"},
    "accounts:invitations": {"GET": "administer"},
    "accounts:invitation-add": {"GET": "administer", "POST": "administer"},
    "accounts:invitation-resend": {"POST": "administer"},
    "accounts:invitation-withdraw": {"POST": "administer"},
    "accounts:teams": {"GET": "signed in"},
    "accounts:team": {"GET": "signed in"},
    "accounts:team-add": {"GET": "administer", "POST": "administer"},
    "accounts:team-change": {"GET": "administer", "POST": "administer"},
    "accounts:team-member-add": {"POST": "lead the team"},
    "accounts:team-member-remove": {"POST": "lead the team"},
    "accounts:team-archive": {"POST": "administer"},
    "accounts:team-restore": {"POST": "administer"},
    "accounts:settings": {"GET": "signed in"},
    "accounts:organisation": {"GET": "administer", "POST": "administer"},
    # Home, the list, and new incidents.
    "postmortems:home": {"GET": "signed in"},
    "postmortems:list": {"GET": "signed in"},
    "postmortems:new": {"GET": "create", "POST": "create"},
    "integrations:import": {"GET": "create", "POST": "create"},
    "postmortems:save-view": {"GET": "signed in", "POST": "signed in"},
    "postmortems:delete-view": {"POST": "own"},
    "postmortems:moment-preview": {"GET": "signed in"},
    "postmortems:report-moment": {"GET": "read"},
    # Reading, and the steps of a report.
    "postmortems:read": {"GET": "read"},
    "postmortems:publication": {"GET": "read"},
    "postmortems:publication-changes": {"GET": "read"},
    "postmortems:history": {"GET": "read"},
    "postmortems:files": {"GET": "read", "POST": "write"},
    "postmortems:file": {"GET": "read"},
    "postmortems:file-delete": {"POST": "write"},
    "postmortems:file-restore": {"POST": "write"},
    "postmortems:deleted": {"GET": "read"},
    "postmortems:change": {"GET": "read"},
    "postmortems:change-restore": {"POST": "write"},
    # Versions: whoever may read the history; only writers name and restore them.
    "postmortems:versions": {"GET": "read", "POST": "write"},
    "postmortems:versions-compare": {"GET": "read"},
    "postmortems:version": {"GET": "read"},
    "postmortems:version-restore": {"GET": "write", "POST": "write"},
    "postmortems:version-restore-part": {"POST": "write"},
    "postmortems:export": {"GET": "read"},
    "postmortems:schema": {"GET": "anybody"},
    "actions:due-offer": {"GET": "write"},
    "actions:settle": {"GET": "write", "POST": "write"},
    "postmortems:status": {"GET": "facilitate", "POST": "facilitate"},
    "postmortems:publish": {"GET": "facilitate", "POST": "facilitate"},
    # The workspace; whoever may only read is taken to the report.
    "postmortems:edit": {"GET": "read"},
    "postmortems:parts": {"GET": "write"},
    "postmortems:join": {"POST": "join"},
    "postmortems:tick": {"POST": "write"},
    "postmortems:paste": {"GET": "write", "POST": "write"},
    "postmortems:forms": {"GET": "write"},
    "postmortems:row": {"GET": "read"},
    "postmortems:row-add": {"GET": "write", "POST": "write"},
    "postmortems:row-change": {"GET": "write", "POST": "write"},
    "postmortems:row-move": {"POST": "write"},
    "postmortems:row-delete": {"POST": "write"},
    "postmortems:row-restore": {"POST": "write"},
    "postmortems:field": {"GET": "read"},
    "postmortems:field-change": {"GET": "write", "POST": "write"},
    "postmortems:section": {"GET": "read"},
    "postmortems:section-add": {"GET": "write", "POST": "write"},
    "postmortems:section-change": {"GET": "write", "POST": "write"},
    "postmortems:section-delete": {"POST": "write"},
    "postmortems:section-restore": {"POST": "write"},
    # What others would write; one's own is withdrawn, others' do not exist there.
    "postmortems:suggest-row-add": {"GET": "read", "POST": "read"},
    "postmortems:suggest-row": {"GET": "read", "POST": "read"},
    "postmortems:suggest-field": {"GET": "read", "POST": "read"},
    "postmortems:suggest-wording": {"GET": "read", "POST": "read"},
    "postmortems:suggestion-take-over": {"GET": "write", "POST": "write"},
    "postmortems:suggestion-decline": {"GET": "write", "POST": "write"},
    "postmortems:suggestion-withdraw": {"POST": "own"},
    # Whoever may read may say something about it, and change what they said.
    "postmortems:comments": {"GET": "read"},
    "postmortems:comment-parts": {"GET": "read"},
    "postmortems:comment-add": {"GET": "read", "POST": "read"},
    "postmortems:comment-reply": {"GET": "read", "POST": "read"},
    "postmortems:comment-change": {"GET": "said it", "POST": "said it"},
    "postmortems:comment-delete": {"POST": "said it"},
    "postmortems:comment-restore": {"POST": "said it"},
    "postmortems:thread-resolve": {"POST": "write"},
    "postmortems:thread-reopen": {"POST": "write"},
    # Who takes part, and the trash.
    "postmortems:people": {"GET": "read"},
    "postmortems:people-set": {"POST": "facilitate"},
    "postmortems:restrict": {"POST": "facilitate"},
    "postmortems:trash": {"GET": "facilitate", "POST": "facilitate"},
    "postmortems:trash-list": {"GET": "signed in"},
    "postmortems:bring-back": {"POST": "bring back"},
    # What administrators settle for all reports.
    "postmortems:scale": {"GET": "administer"},
    "postmortems:severity-add": {"GET": "administer", "POST": "administer"},
    "postmortems:severity-change": {"GET": "administer", "POST": "administer"},
    "postmortems:severity-retire": {"POST": "administer"},
    "postmortems:catalogue": {"GET": "administer"},
    "postmortems:service-add": {"GET": "administer", "POST": "administer"},
    "postmortems:service-change": {"GET": "administer", "POST": "administer"},
    "postmortems:service-retire": {"POST": "administer"},
    "postmortems:checklists": {"GET": "administer"},
    "postmortems:checklist-add": {"GET": "administer", "POST": "administer"},
    "postmortems:checklist-change": {"GET": "administer", "POST": "administer"},
    "postmortems:checklist-retire": {"POST": "administer"},
    "postmortems:readiness": {"GET": "administer", "POST": "administer"},
}

SOCKETS: dict[str, str] = {
    # Whoever may read is shown what is written; whoever may write is heard.
    "ws/r/<str:reference>/": "read",
}
"""Every websocket, and who may open it (tests/live/test_refusing.py)."""

QUERIES: dict[str, str] = {
    "postmortems:parts": "part=facts",
    "postmortems:status": "to=drafting",
    "postmortems:moment-preview": "text=09:30",
    "postmortems:report-moment": "text=09:30",
}
"""What a route's address needs behind its question mark to be answered."""
BODIES: dict[str, dict[str, str]] = {
    "postmortems:status": {"to": "drafting"},
}
"""What a form must say so that the answer depends on who sends it."""
