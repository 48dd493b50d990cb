"""Whose words the sections of a report are made of, for the pages of its versions."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from accounts.models import User
from config.plaintext import readable_text
from live import attribution
from postmortems import access
from postmortems.models import Change, Postmortem, Section, Version
from postmortems.topics import topic_of


@dataclass(frozen=True, slots=True)
class Words:
    """A stretch of one person's words; nobody's are older than what is asked for."""

    text: str
    by: User | None


@dataclass(frozen=True, slots=True)
class Authorship:
    people: list[User] = field(default_factory=list)
    """Everybody who wrote some of it, for the legend."""
    texts: dict[int, list[Words]] = field(default_factory=dict)
    """By section; one is missing where the log does not say whose its words are."""
    too_long: bool = False
    """The log is longer than anybody would wait for."""
    headings: dict[int, str] = field(default_factory=dict)

    @property
    def by_heading(self) -> list[tuple[str, list[Words] | None]]:
        """Each section of a version by its heading; without words where unknown."""
        return [(name, self.texts.get(pk)) for pk, name in self.headings.items()]


def of_version(postmortem: Postmortem, version: Version) -> Authorship:
    """Whose words the texts of a version are, as far back as is known."""
    sections = version.content["sections"]
    bodies = {int(pk): one["body"] for pk, one in sections.items() if one["body"]}
    found = _read(postmortem, bodies, after=0, upto=version.live_version or None)
    for pk in bodies:
        section = sections[str(pk)]
        label = section["heading"] or Section.Key(section["key"]).label
        found.headings[pk] = str(label)
    return found


def between(
    postmortem: Postmortem,
    before: Version | None,
    after: Version | None,
    changes: Iterable[Change],
) -> Authorship:
    """Whose words came between two versions into the sections that differ."""
    bodies = {
        change.object_id: change.after["body"]
        for change in changes
        if change.part.startswith("section:") and change.object_id and change.after
    }
    return _read(
        postmortem,
        bodies,
        after=before.live_version if before else 0,
        upto=(after.live_version or None) if after else None,
    )


def _read(
    postmortem: Postmortem, bodies: Mapping[int, str], *, after: int, upto: int | None
) -> Authorship:
    keys = {pk: Section(pk=pk).live_key for pk in bodies}
    try:
        spans = attribution.spans_of(
            topic_of(postmortem.pk), list(keys.values()), after=after, upto=upto
        )
    except attribution.TooLong:
        return Authorship(too_long=True)
    told = {
        pk: spans[key]
        for pk, key in keys.items()
        if key in spans and _says(spans[key], bodies[pk])
    }
    people = access.authors(span for found in told.values() for span in found)
    return Authorship(
        people=sorted(people.values(), key=lambda person: person.name),
        texts={
            pk: [Words(span.text, people.get(span.author or 0)) for span in found]
            for pk, found in told.items()
        },
    )


def _says(spans: Sequence[attribution.Span], body: str) -> bool:
    """Whether the log has this very text: one that was saved by itself it has not."""
    return readable_text("".join(span.text for span in spans)) == body
