"""Reviews: the meeting's decisions, actions, notes and confirmations, and what it read, frozen."""

from __future__ import annotations

from typing import Final

from django.db import models
from django.db.models import Q
from django.utils import timezone

from finops.models.people import Person


class Review(models.Model):
    """One meeting over one period: ``key`` is its part of the address (``2026-W47``).

    ``starts`` to ``ends`` (exclusive) are the days that it reads. ``version`` counts closings: a
    review that was reopened is closed again as the next version, and keeps every earlier one.
    """

    WEEKLY = "weekly"
    KINDS: Final = (WEEKLY,)
    OPEN, CLOSED = "open", "closed"
    STATES: Final = (OPEN, CLOSED)

    kind = models.CharField(max_length=20, default=WEEKLY, choices=[(k, k) for k in KINDS])
    key = models.CharField(max_length=20)
    starts = models.DateField()
    ends = models.DateField()
    state = models.CharField(max_length=10, default=OPEN, choices=[(s, s) for s in STATES])
    version = models.PositiveIntegerField(default=0)
    chair = models.ForeignKey(
        Person, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    attendees = models.ManyToManyField(Person, blank=True, related_name="reviews")
    prepared_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    started_by = models.CharField(max_length=200, blank=True, default="")
    closed_at = models.DateTimeField(null=True, blank=True)
    is_sample = models.BooleanField(default=False)

    class Meta:
        ordering = ("-starts",)
        constraints = [
            models.UniqueConstraint(fields=["kind", "key"], name="review_once"),
            models.CheckConstraint(
                name="review_closed_on_record",
                condition=~Q(state="closed") | Q(closed_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} review {self.key}"


class ReviewVersion(models.Model):
    """What a meeting read and decided, as one canonical JSON document that never changes.

    ``document`` is the text itself, to the byte; ``sha256`` its digest. ``reopened_at`` says that
    a later version followed; this one stays as it is.
    """

    review = models.ForeignKey(Review, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    document = models.TextField()
    sha256 = models.CharField(max_length=64)
    closed_at = models.DateTimeField()
    closed_by = models.CharField(max_length=200, blank=True, default="")
    closed_automatically = models.BooleanField(default=False)
    reopened_at = models.DateTimeField(null=True, blank=True)
    reopened_by = models.CharField(max_length=200, blank=True, default="")
    reopen_reason = models.TextField(blank=True, default="")

    class Meta:
        ordering = ("number",)
        constraints = [
            models.UniqueConstraint(fields=["review", "number"], name="review_version_once")
        ]

    def __str__(self) -> str:
        return f"{self.review}, version {self.number}"


class Decision(models.Model):
    """What the meeting decided about one row that it read; one decision per row, last word wins.

    ``subject_kind`` is ``workflow``, ``budget`` or ``new``; ``subject`` the workflow's value, the
    budget's number, or ``dimension:value`` of something new; ``subject_name`` what it was called.
    """

    WORKFLOW, BUDGET, NEW = "workflow", "budget", "new"
    SUBJECTS: Final = (WORKFLOW, BUDGET, NEW)
    ACCEPT, INVESTIGATE, FIX, STOP, CHANGE_BUDGET, ASSIGN = (
        "accept",
        "investigate",
        "fix",
        "stop",
        "change_budget",
        "assign",
    )
    CHOICES: Final = (ACCEPT, INVESTIGATE, FIX, STOP, CHANGE_BUDGET, ASSIGN)

    review = models.ForeignKey(Review, on_delete=models.CASCADE, related_name="decisions")
    subject_kind = models.CharField(max_length=20, choices=[(s, s) for s in SUBJECTS])
    subject = models.CharField(max_length=520)
    subject_name = models.CharField(max_length=520)
    choice = models.CharField(
        max_length=20, blank=True, default="", choices=[(c, c) for c in CHOICES]
    )
    sentence = models.TextField(blank=True, default="")
    assignee = models.ForeignKey(
        Person, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    choice_by = models.CharField(max_length=200, blank=True, default="")
    choice_at = models.DateTimeField(null=True, blank=True)
    sentence_by = models.CharField(max_length=200, blank=True, default="")
    sentence_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("pk",)
        constraints = [
            models.UniqueConstraint(
                fields=["review", "subject_kind", "subject"], name="decision_once_per_row"
            )
        ]

    def __str__(self) -> str:
        return f"{self.subject_name}: {self.choice or 'undecided'}"


class Action(models.Model):
    """What somebody promised to do by a day, what it should save a month, and what it did.

    ``workflow`` is where a saving would show (empty: nowhere in particular). An expected saving
    of None is *not known yet*. ``baseline`` keeps what the work cost when it was done.
    """

    OPEN, DONE, DROPPED = "open", "done", "dropped"
    STATES: Final = (OPEN, DONE, DROPPED)

    review = models.ForeignKey(
        Review, on_delete=models.SET_NULL, null=True, blank=True, related_name="actions"
    )
    decision = models.ForeignKey(
        Decision, on_delete=models.SET_NULL, null=True, blank=True, related_name="actions"
    )
    workflow = models.CharField(max_length=500, blank=True, default="")
    what = models.CharField(max_length=500)
    owner = models.ForeignKey(
        Person, on_delete=models.SET_NULL, null=True, blank=True, related_name="actions"
    )
    due = models.DateField()
    expected_saving = models.DecimalField(max_digits=16, decimal_places=2, null=True, blank=True)
    state = models.CharField(max_length=10, default=OPEN, choices=[(s, s) for s in STATES])
    done_on = models.DateField(null=True, blank=True)
    closing_note = models.TextField(blank=True, default="")
    baseline = models.JSONField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.CharField(max_length=200, blank=True, default="")
    changed_at = models.DateTimeField(default=timezone.now)
    changed_by = models.CharField(max_length=200, blank=True, default="")
    is_sample = models.BooleanField(default=False)

    class Meta:
        ordering = ("due", "pk")
        constraints = [
            models.CheckConstraint(name="action_says_what", condition=~Q(what="")),
            models.CheckConstraint(
                name="action_done_on_a_day", condition=~Q(state="done") | Q(done_on__isnull=False)
            ),
        ]
        indexes = [models.Index(fields=["state", "due"], name="action_by_state")]

    def __str__(self) -> str:
        return self.what


class ReviewNote(models.Model):
    """The one text box of a section while the meeting runs; whoever writes last is kept."""

    review = models.ForeignKey(Review, on_delete=models.CASCADE, related_name="notes")
    section = models.PositiveSmallIntegerField()
    text = models.TextField(blank=True, default="")
    version = models.PositiveIntegerField(default=0)
    written_at = models.DateTimeField(null=True, blank=True)
    written_by = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["review", "section"], name="review_note_once"),
            models.CheckConstraint(
                name="review_note_section_known", condition=Q(section__gte=1, section__lte=6)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.review}, section {self.section}"


class Confirmation(models.Model):
    """A function's word that it read and agrees: finance, engineering or data science."""

    FUNCTIONS: Final = ("finance", "engineering", "datascience")

    review = models.ForeignKey(Review, on_delete=models.CASCADE, related_name="confirmations")
    function = models.CharField(max_length=20, choices=[(f, f) for f in FUNCTIONS])
    person = models.ForeignKey(
        Person, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    name = models.CharField(max_length=200)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["review", "function"], name="confirmation_once_per_function"
            )
        ]

    def __str__(self) -> str:
        return f"{self.function}: {self.name}"


class AddedNote(models.Model):
    """What somebody added to a closed review; the review itself stays as it was read."""

    review = models.ForeignKey(Review, on_delete=models.CASCADE, related_name="added_notes")
    text = models.TextField()
    added_at = models.DateTimeField(default=timezone.now)
    added_by = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        ordering = ("added_at", "pk")

    def __str__(self) -> str:
        return f"note to {self.review}"
