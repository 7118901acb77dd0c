"""Other names of a model: "this name is that model", as people say it."""

from __future__ import annotations

from django.db import transaction
from django.db.models import QuerySet

from finops.models import ModelAlias
from finops.pricing.cards import BY_HAND
from finops.pricing.price_book import PriceBook
from finops.pricing.proposals import lock_book
from finops.pricing.providers import canonical_provider, split_gateway


class NameRefused(ValueError):
    """A name that cannot be given; ``field`` is the one to correct, the message says how."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def names_by_hand() -> QuerySet[ModelAlias]:
    """List the names that people have given, newest first."""
    return ModelAlias.objects.filter(source=BY_HAND).order_by("-pk")


def add_name(
    *, provider: str, name: str, model: str, listed_by: str = "", by: str, reason: str
) -> ModelAlias:
    """Say that a name, as logs of a provider give it, is a model of the book.

    ``listed_by`` is the provider whose prices apply, when it is another one. Calls that are there
    keep what they carry until they are priced again. Raises NameRefused.
    """
    seller, given = split_gateway(provider, name)
    lender = canonical_provider(listed_by) if listed_by.strip() else seller
    with transaction.atomic():
        lock_book()
        taken = names_by_hand().filter(provider=seller, pattern=given.lower()).first()
        if taken:
            raise NameRefused("name", f"“{given}” is {taken.model} already. Remove that first.")
        quote = PriceBook().quote(lender, model)
        if not quote.cards:
            raise NameRefused("model", f"{lender} has no price for “{model}”. Add a price first.")
        return ModelAlias.objects.create(
            provider=seller,
            pattern=given.lower(),
            model=quote.model,
            priced_as=lender if lender != seller else "",
            source=BY_HAND,
            added_by=by,
            note=reason,
        )


def remove_name(alias: ModelAlias, *, by: str, reason: str) -> None:
    """Take back a name that people have given; why, and by whom, stands in the change log."""
    with transaction.atomic():
        lock_book()
        alias.note, alias.added_by = reason, by
        alias.save(update_fields=["note", "added_by"])
        alias.delete()
