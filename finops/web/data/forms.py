"""The forms of the Data room: an upload, what its columns mean, and a source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.utils import timezone

from finops.domain.dimensions import ATTRIBUTED
from finops.models import Source
from finops.rollups.sources import change_source
from ingest.fields import UNITS
from ingest.formats import FORMATS
from ingest.models import Import
from ingest.pipeline import check_options
from ingest.source_format import MAX_NAME
from ingest.trial import OFFERED, Column, may_read
from ingest.uploads import size_label

AUTOMATIC, COLUMNS, LIKE = "auto", "columns", "like-"
_NAME: Final = {"autocomplete": "off", "spellcheck": "false"}

_FILES: Final = "A log of calls or a bill: JSON, CSV or Parquet, plain or as gzip or zstd."

FIELD_LABELS: Final[Mapping[str, str]] = {
    "time": "Time of the call",
    "provider": "Provider",
    "model": "Model",
    "input_tokens": "Input, the whole prompt",
    "output_tokens": "Output",
    "cache_read_tokens": "Input read from cache",
    "cache_write_tokens": "Input written to cache",
    "reasoning_tokens": "Output that was reasoning",
    "cost": "Cost, as the source reports it",
    "status": "Status",
    "latency_ms": "Latency in milliseconds",
    "id": "Call id",
    "response_id": "Provider's response id",
    "feature": "Feature",
    "team": "Team",
    "customer": "Customer",
    "user": "User",
    "workflow": "Workflow",
    "environment": "Environment",
    "run": "Run id",
    "step": "Step",
    "attempt": "Attempt",
}
#: How many of the fields are always in sight: when, what, how much.
_FIRST: Final = 5
REQUIRED: Final = ("time", "provider", "model")


def source_field(**kwargs: Any) -> forms.CharField:
    """Make a field for a source's name."""
    return forms.CharField(
        max_length=200,
        widget=forms.TextInput({**_NAME, "list": "sources"}),
        error_messages={"max_length": "A source name has at most 200 letters."},
        **kwargs,
    )


class StreamedFile(forms.FileField):
    """A file that is streamed past the form: the view that takes it says what is wrong with it."""

    def clean(self, data: Any, initial: Any = None) -> None:
        """Leave it to the view."""


class UploadForm(forms.Form):
    """How to read a file. The file itself is streamed past the form; the view adds its errors."""

    file = StreamedFile(label="File")
    source = source_field(
        required=False,
        label="Source",
        help_text="Where the calls or the bill come from. A new name makes a new source.",
    )
    how = forms.ChoiceField(label="How to read it", required=False)

    def __init__(
        self,
        *args: Any,
        mappings: Sequence[tuple[Import, dict[str, Any]]] = (),
        bills_alone: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        limit = size_label(settings.UPLOAD_LIMIT)
        self.fields["file"].help_text = f"{_FILES} At most {limit}."
        shown = [(job, m) for job, m in mappings if job.kind == Source.BILLING or not bills_alone]
        self._mappings = {f"{LIKE}{job.pk}": mapping for job, mapping in shown}
        named = [form.name for form in FORMATS if not form.name.startswith("mapped")]
        if bills_alone:
            named = [form.name for form in FORMATS if form.name in named and form.kind == "billing"]
        self.fields["how"].choices = [  # type: ignore[attr-defined]  # a ChoiceField
            (AUTOMATIC, "Find out from the file"),
            *((name, f"As {name}") for name in named),
            *([] if bills_alone else [(COLUMNS, "Ask me what the columns of a log mean")]),
            *((f"{LIKE}{job.pk}", f"Like {job.label} of {job.source}") for job, _ in shown),
        ]
        for name in ATTRIBUTED:
            self.fields[f"set-{name}"] = forms.CharField(
                required=False,
                label=name.capitalize(),
                max_length=MAX_NAME,
                widget=forms.TextInput(_NAME),
            )

    @property
    def defaults(self) -> list[forms.BoundField]:
        """The fields that fill a dimension where a row lacks it."""
        return [self[f"set-{name}"] for name in ATTRIBUTED]

    @property
    def asks_for_columns(self) -> bool:
        """Say whether the person wants to name the columns."""
        return bool(self.cleaned_data["how"] == COLUMNS)

    @property
    def finds_out(self) -> bool:
        """Say whether the format is to be recognised."""
        return self.cleaned_data["how"] in {"", AUTOMATIC}

    @property
    def options(self) -> dict[str, Any]:
        """The options of the import, as the command line would give them."""
        told = self.cleaned_data
        how = told["how"]
        options: dict[str, Any] = {"format": "", "source": told["source"]}
        if how in self._mappings:
            options["mapping"] = self._mappings[how]
        elif how not in {"", AUTOMATIC, COLUMNS}:
            options["format"] = how
        if given := {name: told[f"set-{name}"] for name in ATTRIBUTED if told[f"set-{name}"]}:
            options["set"] = given
        return options

    def clean(self) -> None:
        """Check what the import would find wrong before it opens the file."""
        super().clean()
        if not self.errors:
            try:
                check_options(self.options, now=timezone.now())
            except ValueError as error:
                self.add_error(None, f"The file cannot be read like this: {error}.")


class FieldRow(NamedTuple):
    """One field of a call: what it is called, and the two ways to say where it stands."""

    label: str
    needed: bool
    column: forms.BoundField
    always: forms.BoundField


class MappingForm(forms.Form):
    """Which column is what: one choice of column, or one fixed value, for each field of a call."""

    time_zone = forms.CharField(
        required=False,
        label="Zone of times without one",
        help_text="An IANA name such as UTC or Europe/Vienna.",
        widget=forms.TextInput(_NAME),
    )
    time_unit = forms.ChoiceField(
        required=False,
        label="Times that are numbers count",
        choices=[("", "as written"), ("s", "seconds"), ("ms", "milliseconds")]
        + [(unit, unit) for unit in UNITS if unit not in {"s", "ms"}],
    )
    time_format = forms.CharField(
        required=False,
        label="Pattern of the times",
        max_length=100,
        help_text="Only for unusual ones, such as %d.%m.%Y %H:%M.",
        widget=forms.TextInput(_NAME),
    )
    where_column = forms.ChoiceField(required=False, label="Only rows where this column")
    where_value = forms.CharField(required=False, label="Holds this value", max_length=MAX_NAME)

    def __init__(self, *args: Any, columns: Sequence[Column], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        every = [("", "every row counts"), *((column.path, column.path) for column in columns)]
        self.fields["where_column"].choices = every  # type: ignore[attr-defined]  # a ChoiceField
        for name in OFFERED:
            paths = [(column.path, column.path) for column in columns if may_read(name, column)]
            label = FIELD_LABELS[name]
            self.fields[f"column-{name}"] = forms.ChoiceField(
                required=False, label=f"{label}: column", choices=[("", "not in this file"), *paths]
            )
            self.fields[f"always-{name}"] = forms.CharField(
                required=False, label=f"{label}: always", max_length=MAX_NAME
            )

    @property
    def first_rows(self) -> list[FieldRow]:
        """The fields that most files have."""
        return self._rows(OFFERED[:_FIRST])

    @property
    def more_rows(self) -> list[FieldRow]:
        """All other fields."""
        return self._rows(OFFERED[_FIRST:])

    @property
    def uses_more(self) -> bool:
        """Say whether one of the other fields is filled in, so that it is not hidden."""
        return any(row.column.value() or row.always.value() for row in self.more_rows)

    def _rows(self, names: Sequence[str]) -> list[FieldRow]:
        return [
            FieldRow(
                FIELD_LABELS[name],
                name in REQUIRED,
                self[f"column-{name}"],
                self[f"always-{name}"],
            )
            for name in names
        ]

    @property
    def mapping(self) -> dict[str, Any]:
        """The mapping, as a file for the command line would hold it."""
        told = self.cleaned_data
        mapping: dict[str, Any] = {}
        for name in OFFERED:
            if column := told[f"column-{name}"]:
                mapping[name] = column
            elif always := told[f"always-{name}"]:
                mapping[name] = {"const": always}
        for name in ("time_zone", "time_unit", "time_format"):
            if told[name]:
                mapping[name] = told[name]
        if told["where_column"]:
            mapping["where"] = {told["where_column"]: told["where_value"]}
        return mapping

    def clean(self) -> None:
        """Ask for what a call cannot be without, one error a field."""
        super().clean()
        for name in REQUIRED:
            told = self.cleaned_data
            if not told.get(f"column-{name}") and not told.get(f"always-{name}"):
                self.add_error(f"column-{name}", f"Choose the column of: {FIELD_LABELS[name]}.")


def initial_of(mapping: Mapping[str, Any]) -> dict[str, Any]:
    """Fill a mapping form with a mapping; what the form cannot show is left out."""
    initial: dict[str, Any] = {}
    for name, spec in mapping.items():
        if name in OFFERED and isinstance(spec, str):
            initial[f"column-{name}"] = spec
        elif name in OFFERED and isinstance(spec, Mapping) and "const" in spec:
            initial[f"always-{name}"] = spec["const"]
        elif name in {"time_zone", "time_unit", "time_format"}:
            initial[name] = spec
        elif name == "where" and isinstance(spec, Mapping) and len(spec) == 1:
            initial["where_column"], initial["where_value"] = next(iter(spec.items()))
    return initial


class SourceForm(forms.Form):
    """What a source's word is worth. A new one also gets its name, which then stays."""

    name = source_field(label="Name", help_text="It stays: calls are known by it.")
    role = forms.ChoiceField(
        label="Role",
        choices=[
            (Source.METER, "Meter: its calls count"),
            (Source.EVIDENCE, "Evidence: kept to check others, never added"),
        ],
        help_text="A change adds every total up again, which takes up to some minutes.",
    )
    counts = forms.ChoiceField(
        label="Which dollar counts",
        choices=[
            (Source.COMPUTED, "Computed from the price book"),
            (Source.REPORTED, "As the source reports it"),
        ],
        help_text="For calls from now on. Price again to change what is in already.",
    )
    time_zone = forms.CharField(
        required=False,
        label="Zone of times without one",
        help_text="An IANA name such as Europe/Vienna. Without it such rows are rejected.",
        widget=forms.TextInput(_NAME),
    )

    def __init__(self, *args: Any, source: Source | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._source = source
        if source is not None:
            del self.fields["name"]
        if source is not None and source.kind == Source.BILLING:
            # A bill counts or not by its versions; it has no meter and no price book.
            del self.fields["role"], self.fields["counts"]

    def clean_name(self) -> str:
        """Refuse a name that is taken."""
        name: str = self.cleaned_data["name"].strip()
        if Source.objects.filter(name=name).exists():
            raise forms.ValidationError("There is a source of this name already.")
        return name

    def clean_time_zone(self) -> str:
        """Refuse a zone that nobody knows."""
        name: str = self.cleaned_data["time_zone"].strip()
        if name and name not in available_timezones():
            raise forms.ValidationError("Enter an IANA name, such as Europe/Vienna or UTC.")
        return name

    def save(self) -> bool:
        """Change or make the source; says whether every total has to be added up again."""
        told = self.cleaned_data
        name = self._source.name if self._source else told["name"]
        changed = change_source(
            name,
            role=told.get("role", ""),
            counts=told.get("counts", ""),
            time_zone=told["time_zone"],
        )
        return changed.moved
