"""Every address as nobody, as every role and with every kind of key: nothing is open by oversight.

To add an address, add one line to ``PAGES`` (answers GET) or to ``POSTS`` (answers POST alone).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from finops.access.keys import create_key
from finops.access.rights import RIGHTS, Right
from finops.ledger.sources import source_named
from finops.models import ApiKey, Person

#: Open by contract: they show nothing that anybody could not know.
OPEN = {
    "healthz",
    "readyz",
    "sign-in/",
    "sign-in/link/<uidb64>/<token>/",
    "alerts/acknowledge/<str:token>/",
}
#: For whoever changes the look, on their own machine.
DEBUG_ONLY = {"styleguide/"}
#: Pages and what belongs to them: the right that a GET needs.
PAGES: dict[str, Right] = {
    "": Right.SEE,
    "start/": Right.SEE,
    "costs/": Right.SEE,
    "costs/costs.csv": Right.SEE,
    "bills/": Right.SEE,
    "bills/charges/": Right.SEE,
    "bills/charges/charges.csv": Right.SEE,
    "bills/charges/<int:pk>/": Right.SEE,
    "bills/snapshots/": Right.SEE,
    "bills/snapshots/<int:pk>/": Right.SEE,
    "bills/kinds/": Right.SEE,
    "bills/kinds/add/": Right.IMPORT_BILLS,
    "bills/kinds/<int:pk>/": Right.IMPORT_BILLS,
    "bills/kinds/<int:pk>/remove/": Right.IMPORT_BILLS,
    "bills/rates/": Right.SEE,
    "bills/rates/rates.csv": Right.SEE,
    "workflows/": Right.SEE,
    "workflows/<value:workflow>/": Right.SEE,
    "workflows/<value:workflow>/caps/": Right.SEE,
    "runs/<opaque:url_id>/": Right.SEE,
    "alerts/": Right.SEE,
    "alerts/<int:pk>/": Right.SEE,
    "alerts/messages/<int:pk>/": Right.SEE,
    "alerts/messages/<int:pk>/html/": Right.SEE,
    "alerts/settings/": Right.SET_MONEY,
    "alerts/settings/endpoints/add/": Right.SET_MONEY,
    "alerts/settings/endpoints/<int:pk>/": Right.SET_MONEY,
    "settings/": Right.SEE,
    "settings/people/": Right.ADMINISTER,
    "settings/keys/": Right.CONNECT,
    "settings/organization/": Right.ADMINISTER,
    "settings/organization/time-zone/state/": Right.ADMINISTER,
    "settings/changes/": Right.SET_MONEY,
    "data/": Right.SEE,
    "data/running/": Right.SEE,
    "data/imports/": Right.SEE,
    "data/imports/<int:pk>/": Right.SEE,
    "data/imports/<int:pk>/progress/": Right.SEE,
    "data/imports/<int:pk>/rejects.<slug:form>": Right.SEE,
    "data/imports/<int:pk>/delete/": Right.CONNECT,
    "data/imports/<int:pk>/mapping/": Right.CONNECT,
    "data/imports/<int:pk>/bill/": Right.CONNECT,
    "data/upload/": Right.IMPORT_BILLS,
    "data/sources/": Right.SEE,
    "data/sources/add/": Right.CONNECT,
    "data/sources/<int:pk>/": Right.CONNECT,
    "data/unpriced/": Right.SEE,
    "data/rejects/": Right.SEE,
    "prices/": Right.SEE,
    "prices/book/": Right.SEE,
    "prices/model/": Right.SEE,
    "prices/add/": Right.PROPOSE_PRICES,
    "prices/proposals/": Right.SEE,
    "prices/proposals/<int:pk>/": Right.SEE,
    "prices/names/": Right.SEE,
    "prices/names/<int:pk>/remove/": Right.SEE,
    "prices/again/": Right.SEE,
    "prices/again/<int:pk>/": Right.SEE,
    "budgets/": Right.SEE,
    "budgets/new/": Right.SET_MONEY,
    "budgets/preview/": Right.SET_MONEY,
    "budgets/values/": Right.SEE,
    "budgets/bulk/": Right.SET_MONEY,
    "budgets/upload/": Right.SET_MONEY,
    "budgets/budgets.csv": Right.SEE,
    "budgets/template.csv": Right.SEE,
    "budgets/<int:pk>/": Right.SEE,
    "budgets/<int:pk>/edit/": Right.SET_MONEY,
    "budgets/<int:pk>/accuracy/": Right.SEE,
    "reviews/": Right.SEE,
    "reviews/weekly/<slug:key>/": Right.SEE,
    "reviews/weekly/<slug:key>/live/": Right.SEE,
    "reviews/weekly/<slug:key>/document.json": Right.SEE,
    "actions/": Right.SEE,
    "actions/actions.csv": Right.SEE,
    "actions/add/": Right.SEE,
    "actions/<int:pk>/": Right.SEE,
    "attribution/": Right.SEE,
    "attribution/add/": Right.IMPORT_BILLS,
    "attribution/rules/<int:pk>/": Right.IMPORT_BILLS,
    "attribution/rules/<int:pk>/remove/": Right.IMPORT_BILLS,
    "bills/shared/": Right.SEE,
    "bills/shared/statement.csv": Right.SEE,
    "bills/shared/target/": Right.SEE,
    "bills/shared/versions/<int:pk>/": Right.SEE,
    "bills/shared/pools/add/": Right.SET_MONEY,
    "bills/shared/pools/<int:pk>/": Right.SEE,
    "bills/shared/pools/<int:pk>/change/": Right.SET_MONEY,
    "bills/shared/drivers/": Right.SEE,
    "bills/shared/drivers/driver.csv": Right.SEE,
    "bills/close/": Right.SEE,
    "bills/close/late.csv": Right.SEE,
    "bills/close/<int:pk>/": Right.SEE,
    "bills/close/<int:pk>/figures.csv": Right.SEE,
    "bills/reconciliation/": Right.SEE,
    "bills/reconciliation/tolerances/": Right.SEE,
    "bills/reconciliation/<int:pk>/": Right.SEE,
    "bills/reconciliation/<int:pk>/lines.csv": Right.SEE,
    "attribution/again/": Right.SEE,
    "attribution/again/<int:pk>/": Right.SEE,
    "attribution/again/charges/<int:pk>/": Right.SEE,
    "unallocated/": Right.SEE,
    "attribution/values/": Right.SEE,
    "attribution/values/<str:dimension>/": Right.SEE,
    "attribution/values/<str:dimension>/merge/": Right.CONNECT,
}
#: What changes something and answers no GET: the right that a POST needs.
POSTS: dict[str, Right] = {
    "theme/": Right.SEE,
    "budgets/<int:pk>/undo/": Right.SET_MONEY,
    "budgets/<int:pk>/stop/": Right.SET_MONEY,
    "budgets/<int:pk>/use-again/": Right.SET_MONEY,
    "budgets/<int:pk>/shares/": Right.SET_MONEY,
    "budgets/<int:pk>/shares/withdraw/": Right.SET_MONEY,
    "budgets/<int:pk>/forecast/": Right.SET_MONEY,
    "budgets/<int:pk>/forecast/withdraw/": Right.SET_MONEY,
    "alerts/<int:pk>/acknowledge/": Right.TAKE_PART,
    "alerts/messages/<int:pk>/again/": Right.SET_MONEY,
    "alerts/settings/endpoints/<int:pk>/pause/": Right.SET_MONEY,
    "alerts/settings/endpoints/<int:pk>/resume/": Right.SET_MONEY,
    "alerts/settings/endpoints/<int:pk>/test/": Right.SET_MONEY,
    "alerts/settings/endpoints/<int:pk>/secret/": Right.SET_MONEY,
    "alerts/settings/endpoints/<int:pk>/remove/": Right.SET_MONEY,
    "sign-out/": Right.SEE,
    "settings/password/": Right.SEE,
    "settings/people/<int:person_id>/role/": Right.ADMINISTER,
    "settings/people/<int:person_id>/link/": Right.ADMINISTER,
    "settings/people/<int:person_id>/deactivate/": Right.ADMINISTER,
    "settings/people/<int:person_id>/reactivate/": Right.ADMINISTER,
    "settings/keys/<int:key_id>/revoke/": Right.CONNECT,
    "settings/keys/<int:key_id>/rate/": Right.CONNECT,
    "settings/organization/time-zone/": Right.ADMINISTER,
    "bills/snapshots/<int:pk>/decide/": Right.IMPORT_BILLS,
    "bills/kinds/this-is/": Right.IMPORT_BILLS,
    "bills/kinds/<int:pk>/move/": Right.IMPORT_BILLS,
    "bills/rates/<int:pk>/remove/": Right.SET_MONEY,
    "data/imports/<int:pk>/cancel/": Right.CONNECT,
    "data/imports/<int:pk>/again/": Right.CONNECT,
    "prices/proposals/<int:pk>/decide/": Right.SET_MONEY,
    "prices/proposals/<int:pk>/effect/": Right.PROPOSE_PRICES,
    "prices/again/<int:pk>/apply/": Right.SET_MONEY,
    "prices/again/<int:pk>/undo/": Right.SET_MONEY,
    "prices/again/<int:pk>/give-up/": Right.SET_MONEY,
    "reviews/start/": Right.TAKE_PART,
    "reviews/weekly/<slug:key>/decide/": Right.TAKE_PART,
    "reviews/weekly/<slug:key>/say/": Right.TAKE_PART,
    "reviews/weekly/<slug:key>/assign/": Right.TAKE_PART,
    "reviews/weekly/<slug:key>/note/": Right.TAKE_PART,
    "reviews/weekly/<slug:key>/promise/": Right.TAKE_PART,
    "reviews/weekly/<slug:key>/actions/<int:pk>/": Right.TAKE_PART,
    "reviews/weekly/<slug:key>/confirm/": Right.TAKE_PART,
    "reviews/weekly/<slug:key>/attend/": Right.TAKE_PART,
    "reviews/weekly/<slug:key>/close/": Right.SET_MONEY,
    "reviews/weekly/<slug:key>/reopen/": Right.SET_MONEY,
    "reviews/weekly/<slug:key>/add-note/": Right.TAKE_PART,
    "actions/<int:pk>/done/": Right.TAKE_PART,
    "actions/<int:pk>/drop/": Right.TAKE_PART,
    "actions/<int:pk>/move/": Right.TAKE_PART,
    "actions/<int:pk>/again/": Right.TAKE_PART,
    "bills/shared/publish/": Right.SET_MONEY,
    "bills/shared/pools/<int:pk>/stop/": Right.SET_MONEY,
    "bills/close/close/": Right.SET_MONEY,
    "bills/close/<int:pk>/reopen/": Right.SET_MONEY,
    "bills/reconciliation/again/": Right.TAKE_PART,
    "bills/reconciliation/<int:pk>/investigate/": Right.TAKE_PART,
    "bills/reconciliation/<int:pk>/accept/": Right.SET_MONEY,
    "bills/reconciliation/<int:pk>/give-back/": Right.TAKE_PART,
    "bills/reconciliation/<int:pk>/price/": Right.PROPOSE_PRICES,
    "attribution/rules/<int:pk>/move/": Right.IMPORT_BILLS,
    "attribution/again/<int:pk>/apply/": Right.CONNECT,
    "attribution/again/<int:pk>/undo/": Right.CONNECT,
    "attribution/again/<int:pk>/give-up/": Right.CONNECT,
    "attribution/again/charges/<int:pk>/apply/": Right.IMPORT_BILLS,
    "attribution/again/charges/<int:pk>/undo/": Right.IMPORT_BILLS,
    "attribution/again/charges/<int:pk>/give-up/": Right.IMPORT_BILLS,
    "attribution/values/<str:dimension>/archive/": Right.CONNECT,
    "attribution/values/<str:dimension>/unmerge/": Right.CONNECT,
}
#: The API: what a plain GET answers to each kind of key, and to every signed-in person.
READS = {"read": 200, "admin": 200, "write": 403}
API = {
    "api/v1/costs/": READS,
    "api/v1/workflows/<value:workflow>/runs/": READS,
    "api/v1/workflows/<value:workflow>/caps/": READS,
    "api/v1/runs/<opaque:url_id>/": {"read": 404, "admin": 404, "write": 403},
    "api/v1/figures/<slug:name>/": {"read": 404, "admin": 404, "write": 403},
    "api/v1/allocation/": READS,
    "api/v1/budgets/": READS,
    "api/v1/budgets/<int:pk>/": {"read": 404, "admin": 404, "write": 403},
    "api/v1/reviews/": READS,
    "api/v1/reviews/weekly/<slug:key>/": {"read": 404, "admin": 404, "write": 403},
    "api/v1/actions/": READS,
    "api/v1/reconciliation/": {"read": 400, "admin": 400, "write": 403},
    "api/v1/calls/": {"read": 403, "admin": 405, "write": 405},
    "api/schema/": READS,
    "api/docs/": READS,
}
#: What people may set by the API as well, with the right that it needs.
API_SETS: dict[str, Right] = {"api/v1/budgets/": Right.SET_MONEY}
#: What stands for a parameter; nothing in an empty installation is called so.
STAND_INS = {"int": "0", "opaque": "0" * 32, "uuid": "0" * 8 + "-0000-0000-0000-" + "0" * 12}

pytestmark = pytest.mark.django_db


def addresses(patterns: list[URLPattern | URLResolver], before: str = "") -> Iterator[str]:
    for pattern in patterns:
        here = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns, here)
        else:
            yield here


def concrete(address: str) -> str:
    return "/" + re.sub(
        r"<(?:(\w+):)?\w+>", lambda found: STAND_INS.get(found[1], "agent"), address
    )


def roles() -> Any:
    return pytest.mark.parametrize("role", RIGHTS)


@pytest.fixture
def people() -> dict[str, Client]:
    """Clients by role, signed in when asked for; an admin is there, so first run is over."""
    Person.objects.create_user("first@example.com", name="first", role="admin")
    return SignedIn()


class SignedIn(dict[str, Client]):
    """Signing all six in for every one of a thousand tests takes longer than the tests."""

    def __missing__(self, role: str) -> Client:
        person = Person.objects.create_user(f"{role}@example.com", name=role, role=role)
        self[role] = Client()
        self[role].force_login(person)
        return self[role]


def key_of(scope: str) -> dict[str, str]:
    _, token = create_key(name=scope, source=source_named("service"), scope=scope)
    return {"Authorization": f"Bearer {token}"}


def asks_to_sign_in(answer: Any) -> bool:
    return answer.status_code == 302 and answer.headers["Location"].startswith("/sign-in/")


def test_every_address_is_listed_exactly_once() -> None:
    listed = [*OPEN, *DEBUG_ONLY, *PAGES, *POSTS, *API]

    assert sorted(listed) == sorted(set(addresses(get_resolver().url_patterns)))


@pytest.mark.parametrize("address", sorted(OPEN))
def test_open_addresses_answer(address: str, people: dict[str, Client]) -> None:
    assert Client().get(concrete(address)).status_code in {200, 503}


@pytest.mark.parametrize("address", sorted(DEBUG_ONLY))
def test_pages_for_developers_are_not_there(address: str, people: dict[str, Client]) -> None:
    assert asks_to_sign_in(Client().get(concrete(address)))
    assert people["admin"].get(concrete(address)).status_code == 404


@pytest.mark.parametrize("address", [*PAGES, "sign-in/"])
def test_before_there_is_an_admin_everything_leads_to_the_first_run(address: str) -> None:
    answer = Client().get(concrete(address))

    assert answer.status_code == (200 if address == "start/" else 302)
    assert address == "start/" or answer.headers["Location"] == "/start/"


@pytest.mark.parametrize("address", PAGES)
def test_nobody_is_asked_to_sign_in(address: str, people: dict[str, Client]) -> None:
    assert asks_to_sign_in(Client().get(concrete(address)))
    assert asks_to_sign_in(Client().get(concrete(address), headers=key_of("admin")))


@roles()
@pytest.mark.parametrize("address", PAGES)
def test_pages_open_to_the_roles_with_the_right(
    address: str, role: str, people: dict[str, Client]
) -> None:
    answer = people[role].get(concrete(address))

    if PAGES[address] not in RIGHTS[role]:
        assert answer.status_code == 403
    else:
        # What a parameter stands for is not there; a redirect leads on, never back to the door.
        assert answer.status_code in ({200, 302, 404} if "<" in address else {200, 302})
        assert not asks_to_sign_in(answer)


@pytest.mark.parametrize("address", POSTS)
def test_nobody_changes_anything(address: str, people: dict[str, Client]) -> None:
    assert asks_to_sign_in(Client().post(concrete(address)))
    assert asks_to_sign_in(Client().post(concrete(address), headers=key_of("admin")))


@roles()
@pytest.mark.parametrize("address", POSTS)
def test_changes_are_made_by_the_roles_with_the_right(
    address: str, role: str, people: dict[str, Client]
) -> None:
    """By POST alone, and never one that another site forged."""
    forged = Client(enforce_csrf_checks=True)
    forged.cookies.update(people[role].cookies)
    assert forged.post(concrete(address)).status_code == 403

    looked = people[role].get(concrete(address))
    answer = people[role].post(concrete(address))

    if POSTS[address] not in RIGHTS[role]:
        assert (looked.status_code, answer.status_code) in {(403, 403), (405, 403)}
    else:
        assert looked.status_code == 405
        assert answer.status_code in {200, 204, 302, 303, 400, 404, 422}


@pytest.mark.parametrize("address", API)
def test_the_api_answers_nobody(address: str) -> None:
    assert Client().get(concrete(address)).status_code == 401


@roles()
@pytest.mark.parametrize("address", API)
def test_people_read_what_a_reading_key_may(
    address: str, role: str, people: dict[str, Client]
) -> None:
    assert people[role].get(concrete(address)).status_code == API[address]["read"]
    # What a role may set is refused for want of a body, and nothing else ever reaches that far.
    may_set = address in API_SETS and API_SETS[address] in RIGHTS[role]
    refused = {415} if may_set else {403, 405}
    assert people[role].post(concrete(address)).status_code in refused


@pytest.mark.parametrize("scope", ApiKey.SCOPES)
@pytest.mark.parametrize("address", API)
def test_every_kind_of_key_gets_what_it_may(address: str, scope: str) -> None:
    answer = Client().get(concrete(address), headers=key_of(scope))

    assert answer.status_code == API[address][scope]
