"""How much of everything is taken; one number each, with its unit.

A limit that people can reach is told in a sentence by whoever refuses. Bytes are
decimal (1 MB is 1,000,000). Tests try each limit at one less, exactly, and one more.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    form_body: int = 2_500_000
    """Bytes in the body of a form (urlencoded, or multipart without its files)."""
    json_body: int = 1_000_000
    """Bytes in a JSON body, and in any body of a type that is not named here."""
    upload_body: int = 25_000_000
    """Bytes in a multipart body, its files included."""
    form_fields: int = 1_000
    """Fields in one form, and parameters in one address."""
    files: int = 20
    """Files in one request."""
    url: int = 8_192
    """Bytes in path and query together, as they were sent."""
    header_block: int = 16_384
    """Bytes in all request headers together."""

    json_depth: int = 64
    """Lists and objects inside one another in a JSON body."""
    json_keys: int = 1_000
    """Keys in one JSON object."""
    json_string: int = 200_000
    """Characters in one JSON string."""

    title: int = 200
    """Characters in a title."""
    tag: int = 50
    """Characters in a tag."""
    name: int = 120
    """Characters in the name of a person, team, service, actor or label."""
    tldr: int = 280
    """Characters in the TL;DR of a report."""
    line: int = 1_000
    """Characters in one item: a factor, a lesson, a follow-up, an action."""
    entry: int = 20_000
    """Characters in the text of a timeline entry."""
    snippet: int = 20_000
    """Characters in a pasted piece of log or text that serves as evidence."""
    url_field: int = 2_000
    """Characters in a web address that people give as evidence."""
    comment: int = 20_000
    """Characters in a comment, or in the reason of a step."""
    document: int = 500_000
    """Characters in one section of prose, and in an imported document."""
    imported_file: int = 2_000_000
    """Bytes in a file that is imported by the page; what is read of it goes through a
    form once more, with line ends that grow on the way."""
    search_query: int = 200
    """Characters in a search."""

    evidence_files: int = 200
    """Files that are evidence of one report, without those in its trash."""
    evidence_bytes: int = 2_000_000_000
    """Bytes in all evidence files of one report, those in its trash included."""
    evidence_bytes_of_person: int = 10_000_000_000
    """Bytes in all evidence files that one person brought."""
    picture_pixels: int = 40_000_000
    """Width times height of a picture."""

    suggested_wording: int = 20_000
    """Characters in the piece of a text for which somebody suggests other words, and in
    those words."""
    open_suggestions_of_a_person: int = 50
    """Suggestions of one person in one report that nobody has decided on."""
    open_suggestions: int = 500
    """Suggestions in one report that nobody has decided on."""

    timeline_entries: int = 5_000
    """Entries in one timeline."""
    action_items: int = 500
    """Action items in one report."""
    subtasks: int = 100
    """Steps of one action item."""
    subtask: int = 500
    """Characters in a step of an action item."""
    calendar_events: int = 500
    """Actions in one calendar, soonest first."""
    calendar_fetches: int = 60
    """Times in a minute that one calendar is fetched."""
    dependencies: int = 50
    """Actions that one action waits for."""
    rows: int = 500
    """Items in any other list of a report: factors, lessons, measures, evidence."""
    rows_at_hand: int = 500
    """Newest rows of a kind that a page can go on editing without a connection."""
    threads: int = 500
    """Threads of comments in one report."""
    comments: int = 2_000
    """Comments in one report, deleted ones included."""
    comments_of_a_thread: int = 200
    """Comments in one thread, deleted ones included."""
    mentions: int = 20
    """People who are named in one comment."""
    quote: int = 1_000
    """Characters of the marked words that a thread of comments keeps."""
    named_versions: int = 200
    """Versions of a report that people have given a name."""
    policies: int = 100
    """Policies for actions, and as many for the steps of reports."""
    days_off: int = 500
    """Days on which the organisation does not work, besides public holidays."""
    actions_tried: int = 2_000
    """Actions or reports that a policy is tried on before it is switched on."""
    subscriptions: int = 20
    """Weekly and monthly reports that one person is sent."""
    exported_actions: int = 100_000
    """Actions in one file that is exported from their list."""
    bulk_actions: int = 200
    """Actions that are changed at once."""
    page_size: int = 100
    """Rows on one page of a list."""
    pasted_lines: int = 500
    """Lines that are read from one paste into the timeline."""
    pasted_text: int = 500_000
    """Characters in one paste into the timeline."""

    live_message: int = 256_000
    """Bytes in one websocket message."""
    live_first_message: int = 1_000_000
    """Bytes in a message that brings what was written offline (sync step 2)."""
    live_awareness: int = 4_096
    """Bytes in the awareness state of a page: its caret and selection."""
    live_carets: int = 10
    """Times in a second that a page may move its caret; the last of more counts."""
    live_document: int = 1_000_000
    """Bytes (UTF-8) in all shared texts of a report together."""
    live_text: int = 500_000
    """Bytes (UTF-8) in one shared text: a section of prose."""
    live_structs: int = 50_000
    """Pieces in one update of a shared text."""
    live_rate: int = 50
    """Websocket messages from one page in a second, over a while."""
    live_burst: int = 200
    """Websocket messages from one page at once."""
    live_unsent: int = 1_000_000
    """Bytes that wait for one page before it is sent away to connect again."""
    live_inbox: int = 8_000_000
    """Bytes of one report that wait for the database before pages are sent away."""
    live_errors: int = 3
    """Messages of one page that cannot be read before it is sent away."""
    live_refusals: int = 50
    """Updates of one page that may only read before it is sent away."""
    live_sockets_of_user: int = 10
    """Websockets of one person."""
    live_sockets_of_address: int = 200
    """Websockets from one IP address."""
    live_writers: int = 100
    """Websockets that may write one report."""
    live_readers: int = 2_000
    """Websockets that read one report."""
    live_people: int = 50
    """People who are named on a report; the rest are a number."""

    outbound_answer: int = 1_000_000
    """Bytes in the answer of another server."""
    mails_of_person: int = 30
    """Mails to one person in an hour; more wait."""

    hook_queue: int = 10_000
    """Events of one tracker that wait to be read before more are refused (429)."""


LIMITS = Limits()
