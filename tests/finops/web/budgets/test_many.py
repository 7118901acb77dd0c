"""Many budgets at once: raised or lowered by dollars, or uploaded as a sheet."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from finops.access.rights import RIGHTS, Right
from finops.budgets.editing import revise
from finops.budgets.sheet import MOST_BYTES
from finops.models import Budget
from tests.finops.budgets.drawn import NOW, budget, line

from .visits import HOSTILE, REASON, drawn, errors, looked, me, press, text

BULK, UPLOAD = "/budgets/bulk/", "/budgets/upload/"


# --- raise or lower -----------------------------------------------------------------------------


@pytest.fixture
def both(finance: Client) -> list[Budget]:
    return [budget(10, 20, name="A"), budget(100, 200, name="B")]


def ticked(both: list[Budget], **fields: object) -> dict[str, object]:
    form = {"direction": "raise", "amount": "5", "which": "both", "do": "look"}
    return {"budget": [each.pk for each in both]} | form | fields


def test_ticked_budgets_are_raised_after_a_look(finance: Client, both: list[Budget]) -> None:
    page = finance.get(BULK, {"budget": [each.pk for each in both]})
    assert "Raise or lower 2 budgets" in text(page)

    shown = press(finance, BULK, ticked(both))
    assert "A Yellow line $10 → $15 Red line $20 → $25" in text(shown)
    assert [drawn(each).red for each in both] == [20, 200]

    done = press(finance, BULK, ticked(both, do="save", looked=looked(shown), reason=REASON))
    assert "Saved. 2 budgets changed." in text(done)
    assert [drawn(each).red for each in both] == [25, 205]


def test_one_that_cannot_move_holds_all_back(finance: Client, both: list[Budget]) -> None:
    shown = press(finance, BULK, ticked(both, direction="lower", amount="15"))

    assert "Yellow must be 0 or more." in text(shown)
    assert "Nothing can be saved while one of them cannot move." in text(shown)
    assert not looked(shown)


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"reason": ""}, "Say why, in at least 10 letters."),
        ({"looked": "other"}, "The budgets or your amounts have changed. Look at it again."),
        ({"amount": "6"}, "The budgets or your amounts have changed. Look at it again."),
        ({"amount": ""}, "Enter by how much, such as 500."),
        ({"amount": "0"}, "Enter more than 0."),
        ({"amount": "-5"}, "Enter 0 or more. A line cannot be negative."),
        ({"which": "none"}, "Select a valid choice. none is not one of the available choices."),
    ],
)
def test_nothing_moves_unless_it_was_looked_at(
    finance: Client, both: list[Budget], fields: dict[str, str], says: str
) -> None:
    mark = looked(press(finance, BULK, ticked(both)))
    form = ticked(both, do="save", looked=mark, reason=REASON) | fields

    answer = press(finance, BULK, form)

    assert (answer.status_code, errors(answer)) == (422, [says])
    assert [drawn(each).red for each in both] == [20, 200]


def test_somebody_quicker_is_seen(finance: Client, both: list[Budget]) -> None:
    mark = looked(press(finance, BULK, ticked(both)))
    revise(Budget.objects.get(name="B"), lines=[line(1, 2)], now=NOW, by="Tom")

    answer = press(finance, BULK, ticked(both, do="save", looked=mark, reason=REASON))

    assert errors(answer) == ["The budgets or your amounts have changed. Look at it again."]
    assert [drawn(each).red for each in both] == [20, 2]


@pytest.mark.parametrize("asked", [[], ["x"], ["999999"], ["9" * 40], ["\0"]])
def test_nothing_ticked_leads_back(finance: Client, asked: list[str]) -> None:
    answer = finance.get(BULK, {"budget": asked}, follow=True)

    assert "Tick the budgets to change first." in text(answer)


# --- a sheet ------------------------------------------------------------------------------------


def upload(client: Client, data: bytes | str, name: str = "budgets.csv") -> Any:
    content = data if isinstance(data, bytes) else data.encode()
    return client.post(UPLOAD, {"file": SimpleUploadedFile(name, content)})


def save(client: Client, shown: Any, **fields: str) -> Any:
    form = {"sheet": shown.context["text"], "looked": looked(shown), "do": "save"}
    return press(client, UPLOAD, form | {"reason": REASON} | fields)


def test_a_sheet_is_looked_at_row_by_row_and_saved_whole(finance: Client) -> None:
    budget(10, 20, name="Old", owner=me())

    shown = upload(finance, "name,team,yellow,red\nNew,growth,$1k,2k\nOld,,10,25\n")

    assert shown.status_code == 200
    assert "1 new, 1 changed" in text(shown)
    assert "2 New New From Sun 1 Nov 2026: yellow $1,000, red $2,000" in text(shown)
    assert "3 Old Changes Red line : $20 → $25" in text(shown).replace("line:", "line :")
    assert Budget.objects.count() == 1, "nothing is saved by looking"

    done = save(finance, shown)
    assert "Saved. 2 budgets made or changed." in text(done)
    assert drawn(Budget.objects.get(name="Old")).red == 25


def test_a_wrong_row_holds_the_sheet_back(finance: Client) -> None:
    shown = upload(finance, "name,yellow,red\nA,1,2\nB,5,=A1\n")

    assert "1 new, 1 wrong" in text(shown)
    assert "Row 3: red is a formula. Save the sheet with values." in text(shown)
    assert "Nothing can be saved." in text(shown)
    assert not looked(shown)


@pytest.mark.parametrize(
    ("data", "status", "says"),
    [
        (b"", 422, "The file is empty. Fill in the template, and upload that."),
        (b"\x89PNG\0", 422, "This is no CSV file. Save the sheet as “CSV UTF-8”"),
        (b"name,yellow,red\n\xff", 422, "The file is not in UTF-8."),
        (b'name,yellow,red\n"half', 422, "The file breaks off inside quotes"),
        (b"x" * (MOST_BYTES + 10), 413, "The file is larger than 1 MB. Split it."),
    ],
)
def test_what_is_no_sheet_says_so(finance: Client, data: bytes, status: int, says: str) -> None:
    answer = upload(finance, data)

    assert answer.status_code == status
    assert errors(answer)[0].startswith(says)


def test_no_file_at_all(finance: Client) -> None:
    assert errors(finance.post(UPLOAD, {})) == ["Choose a file."]


def test_an_upload_that_breaks_off_is_said(finance: Client) -> None:
    body = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nname,ye'

    answer = finance.post(UPLOAD, body, content_type="multipart/form-data; boundary=b")

    assert answer.status_code in {200, 400, 422}
    assert not Budget.objects.exists()


def test_a_sheet_is_looked_at_again_when_somebody_was_quicker(finance: Client) -> None:
    budget(10, 20, name="Old", owner=me())
    shown = upload(finance, "name,yellow,red\nOld,10,25\n")
    revise(Budget.objects.get(), lines=[line(1, 2)], now=NOW, by="Tom")

    answer = save(finance, shown)

    assert errors(answer) == ["Somebody changed a budget meanwhile. Look at the rows again."]
    assert drawn(Budget.objects.get()).red == 2


def test_changed_lines_need_a_reason(finance: Client) -> None:
    budget(10, 20, name="Old", owner=me())

    answer = save(finance, upload(finance, "name,yellow,red\nOld,10,25\n"), reason="")

    assert errors(answer) == ["Row 2, Old: Say why, in at least 10 letters."]


def test_budgets_go_out_and_come_back_unchanged(finance: Client) -> None:
    for place, name in enumerate(HOSTILE):
        budget(place, 10 + place, name=name, scope={"team": name}, owner=me())

    sheet = finance.get("/budgets/budgets.csv").content
    shown = upload(finance, sheet)

    assert f"{len(HOSTILE)} unchanged" in text(shown)
    assert "<script>alert" not in shown.content.decode()


def test_the_template_can_be_filled_in(finance: Client) -> None:
    template = finance.get("/budgets/template.csv")

    assert template["Content-Disposition"] == 'attachment; filename="budgets-template.csv"'
    assert b"name,feature,team" in template.content


@pytest.mark.parametrize("role", RIGHTS)
@pytest.mark.parametrize("address", [BULK, UPLOAD])
def test_only_who_sets_money_changes_many(
    signed_in: Callable[[str], Client], role: str, address: str
) -> None:
    allowed = Right.SET_MONEY in RIGHTS[role]
    client = signed_in(role)

    assert (client.get(address).status_code == 403) != allowed
    assert (client.post(address, {}).status_code == 403) != allowed


def test_an_upload_needs_its_token(finance: Client) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(me())

    answer = upload(strict, "name,yellow,red\nA,1,2\n")

    assert answer.status_code == 403
