"""People: who signs in, and in which of the six roles."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone

#: The roles of CONTRACT 7; what each may do is ``finops.access.rights``.
ROLES: Final = ("viewer", "executive", "engineering", "datascience", "finance", "admin")


class PersonManager(BaseUserManager["Person"]):
    """Makes and finds people by e-mail address, whatever its case."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> Person:
        """Make a person; without a password nobody can sign in as them yet."""
        person = self.model(email=email.strip().lower(), **fields)
        person.set_password(password)
        person.save(using=self._db)
        return person

    def get_by_natural_key(self, email: str | None) -> Person:
        """Find the person who signs in with this address."""
        return self.get(email=(email or "").strip().lower())


class Person(AbstractBaseUser):
    """Somebody who signs in with an e-mail address. Kept for the record after they leave.

    ``is_sample`` people came with the demo company and go with it.
    """

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=200)
    role = models.CharField(max_length=20, default="viewer", choices=[(r, r) for r in ROLES])
    is_active = models.BooleanField(default=True)
    is_sample = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    objects: ClassVar[PersonManager] = PersonManager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="person_role_known", condition=Q(role__in=ROLES)),
            models.CheckConstraint(
                name="person_email_lower", condition=Q(email=Lower("email")) & ~Q(email="")
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.email
