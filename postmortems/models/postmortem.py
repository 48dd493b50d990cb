"""The written account of one incident, from draft to published."""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from postmortems.models.incident import Incident
from postmortems.vocabulary import Kind, Place, Status


class Postmortem(models.Model):
    """Everything people write hangs on this row; writers lock it first.

    `revision` goes up by one with each change to anything of the report: open pages
    and cached fragments compare it.
    """

    incident = models.OneToOneField(Incident, models.CASCADE, related_name="postmortem")
    status = models.CharField(max_length=20, choices=Status, default=Status.GATHERING)
    tldr = models.CharField(_("TL;DR"), max_length=280, blank=True)
    field_versions = models.JSONField(default=dict, blank=True)
    """How often each single-line field was saved: {"title": 3}."""
    credits = models.JSONField(default=dict, blank=True)
    """People whom an import names: {"contributors": ["…"]}, and the id of who imported
    it as "imported_by", since they facilitate it here without having taken part."""
    revision = models.PositiveBigIntegerField(default=0)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="postmortem_status_is_known", condition=Q(status__in=Status.values)
            ),
        ]
        indexes = [models.Index("status", name="postmortem_by_status")]

    def __str__(self) -> str:
        return str(self.incident)

    @property
    def frozen(self) -> bool:
        """Whether the text stands as published until somebody reopens it."""
        return self.status in {Status.PUBLISHED, Status.CLOSED}

    def version_of(self, field: str) -> int:
        return int(self.field_versions.get(field, 0))


class Section(models.Model):
    """One prose part of the report, in Markdown.

    The fixed ones are made with the report; free ones stand behind a part of it.
    """

    class Key(models.TextChoices):
        SUMMARY = "summary", _("Summary")
        IMPACT = "impact", _("Impact")
        ROOT_CAUSE = "root_cause", _("Primary root cause")
        SURPRISE = "surprise", _("What surprised us")
        FREE = "free", _("Free section")

    postmortem = models.ForeignKey(Postmortem, models.CASCADE, related_name="sections")
    key = models.CharField(max_length=20, choices=Key)
    heading = models.CharField(_("heading"), max_length=200, blank=True)
    body = models.TextField(_("text"), blank=True)
    after = models.CharField(max_length=20, choices=Place, default=Place.FOLLOW_UPS)
    position = models.IntegerField(default=0)
    version = models.PositiveIntegerField(default=1)
    live_version = models.PositiveBigIntegerField(default=0)
    """The version of the shared document that `body` was taken from; 0: of none yet."""
    deleted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["postmortem", "key"],
                condition=~Q(key="free"),
                name="each_fixed_section_once",
            ),
            models.CheckConstraint(
                name="free_sections_have_a_heading",
                condition=~Q(key="free") | ~Q(heading=""),
            ),
        ]

    def __str__(self) -> str:
        return self.heading or self.get_key_display()

    @property
    def live_key(self) -> str:
        """The name of its shared text in the report's document."""
        return f"section-{self.pk}"

    @property
    def search_key(self) -> str:
        """The name of its part of the search text."""
        return f"section-{self.pk}"


class Bout(models.Model):
    """Writing in a section that goes on; when it ends it is one line of the history."""

    section = models.OneToOneField(Section, models.CASCADE, related_name="bout")
    before = models.JSONField()
    """What stood there when it began, as the history keeps it."""
    people = models.JSONField(default=list)
    """Ids of the accounts that wrote, whoever began first."""
    began_at = models.DateTimeField()
    last_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index("last_at", name="bout_age")]

    def __str__(self) -> str:
        return str(self.section)


class Publication(models.Model):
    """The text exactly as it was shown when somebody published it; never changed."""

    postmortem = models.ForeignKey(
        Postmortem, models.CASCADE, related_name="publications"
    )
    number = models.PositiveIntegerField()
    published_at = models.DateTimeField()
    published_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    revision = models.PositiveBigIntegerField()
    document = models.JSONField()
    text_hash = models.CharField(max_length=64)
    """SHA-256 of the Markdown that was shown."""
    still_open = models.JSONField(default=list)
    """The sentences of the readiness list that were open then."""
    reason = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["postmortem", "number"], name="publication_numbers_are_unique"
            ),
        ]


class SearchText(models.Model):
    """What search finds a report by: every part's plain text, by part.

    The database keeps the vector in step, so that an operation only replaces the one
    part that it changed.
    """

    postmortem = models.OneToOneField(
        Postmortem, models.CASCADE, primary_key=True, related_name="search_text"
    )
    parts = models.JSONField(default=dict)
    vector = models.GeneratedField(
        expression=models.Func(
            models.F("parts"),
            # jsonb_to_tsvector, for as much of the text as a vector can hold.
            function="afterword_search_vector",
            output_field=SearchVectorField(),
        ),
        output_field=SearchVectorField(),
        db_persist=True,
    )

    class Meta:
        indexes = [GinIndex(fields=["vector"], name="search_vector")]


class ChecklistItem(models.Model):
    """A source or question to think of while data is gathered; administrators edit."""

    kind = models.CharField(max_length=20, choices=Kind, default=Kind.INCIDENT)
    text = models.CharField(_("text"), max_length=300)
    position = models.IntegerField(default=0)
    retired_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.text


class ChecklistTick(models.Model):
    postmortem = models.ForeignKey(Postmortem, models.CASCADE, related_name="ticks")
    item = models.ForeignKey(ChecklistItem, models.CASCADE, related_name="ticks")
    ticked_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    ticked_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["postmortem", "item"], name="ticked_once"),
        ]


class SavedView(models.Model):
    """A named set of filters of a list, for oneself or for everybody."""

    class Page(models.TextChoices):
        """Which list it is a view of."""

        INCIDENTS = "incidents", _("Incidents")
        ACTIONS = "actions", _("Actions")

    page = models.CharField(max_length=20, choices=Page, default=Page.INCIDENTS)
    owner = models.ForeignKey(User, models.CASCADE, related_name="saved_views")
    name = models.CharField(_("name"), max_length=120)
    query = models.CharField(max_length=1000)
    shared = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "page", "name"],
                name="saved_view_names_are_unique",
                violation_error_message=_("You have a view of this name already."),
            ),
        ]
