"""One attempt to deliver one message, and how it ended. What goes wrong is said in words of ours:
the address of a chat's webhook is a secret, and errors of libraries like to repeat it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import smtplib
import ssl
from collections.abc import Mapping
from datetime import datetime, timedelta
from email.utils import parseaddr
from typing import Final, NamedTuple

from django.conf import settings
from django.core.mail import EmailMultiAlternatives

from finops.alerts import links
from finops.alerts.acknowledging import link_token
from finops.alerts.posting import Answer, BadAnswer, TimedOut, post
from finops.alerts.targets import NameUnknown, TargetRefused, read_target
from finops.models import Delivery, Endpoint

#: Refusals that may be lifted: too early, too many, took too long.
_TRY_AGAIN: Final = {408, 425, 429}
_LONGEST_WAIT: Final = 3_600
#: What chats say about a refusal; anything longer is not repeated.
_CODE: Final = re.compile(r"[a-z][a-z_]{2,40}")
_STORES_ONLY: Final = "django.core.mail.backends.dummy.EmailBackend"


class Outcome(NamedTuple):
    """How an attempt ended: sent, or why not.

    ``final``: it is useless to try again. ``is_down``: nobody there answers, so that other messages
    to the same place can wait as well. ``wait``: how long it asked us to wait.
    """

    error: str = ""
    final: bool = False
    is_down: bool = False
    wait: timedelta = timedelta(0)

    @property
    def is_sent(self) -> bool:
        """Say whether it arrived at the next server."""
        return not self.error


SENT: Final = Outcome()


def sends_mail() -> bool:
    """Say whether this installation has a mail server."""
    return bool(settings.EMAIL_BACKEND != _STORES_ONLY)


def attempt(delivery: Delivery, *, now: datetime) -> Outcome:
    """Send one message over its way."""
    if delivery.channel == Delivery.EMAIL:
        return _mail(delivery)
    if delivery.endpoint is None:
        return Outcome("The endpoint was removed.", final=True)
    return _call(delivery, delivery.endpoint, now=now)


# --- mail ---------------------------------------------------------------------------------------


def message_id(delivery: Delivery) -> str:
    """Give the Message-ID: always the same for a message, so that a second copy is known as one."""
    _, sender = parseaddr(settings.DEFAULT_FROM_EMAIL)
    domain = sender.rpartition("@")[2] or "localhost"
    return f"<{delivery.uid}@{domain}>"


def _mail(delivery: Delivery) -> Outcome:
    mail = EmailMultiAlternatives(
        subject=delivery.subject,
        body=_own(delivery, delivery.text),
        to=[delivery.recipient],
        headers={
            "Message-ID": message_id(delivery),
            "Auto-Submitted": "auto-generated",
            "X-Costline-Delivery": str(delivery.uid),
        },
    )
    if delivery.html:
        mail.attach_alternative(_own(delivery, delivery.html), "text/html")
    try:
        mail.send()
    except smtplib.SMTPRecipientsRefused as error:
        code, _ = next(iter(error.recipients.values()), (450, b""))
        return _refused(code)
    except smtplib.SMTPDataError as error:
        return _refused(error.smtp_code)
    except smtplib.SMTPAuthenticationError:
        return Outcome("The mail server does not accept the user name and password.", is_down=True)
    except TimeoutError:
        return Outcome("The mail server did not answer in time.", is_down=True)
    except (smtplib.SMTPException, OSError) as error:
        return Outcome(f"The mail server cannot be used ({type(error).__name__}).", is_down=True)
    except Exception as error:  # noqa: BLE001 - backends of other people raise what they like
        return Outcome(f"The mail could not be handed over ({type(error).__name__}).")
    return SENT


def _own(delivery: Delivery, text: str) -> str:
    """Fill in the recipient's own link."""
    if links.OWN_LINK not in text or delivery.alert_id is None:
        return text
    token = link_token(delivery.alert_id, delivery.recipient)
    return text.replace(links.OWN_LINK, links.acknowledge_page(token))


def _refused(code: int) -> Outcome:
    """Read a mail server's refusal: 5xx is for good, 4xx for now."""
    return Outcome(f"The mail server refused the message ({code}).", final=code >= 500)


# --- webhooks -----------------------------------------------------------------------------------


def signed_headers(secret: str, uid: str, body: bytes, *, now: datetime) -> dict[str, str]:
    """Sign a body as https://www.standardwebhooks.com says: id, timestamp and body, HMAC-SHA256."""
    stamp = str(int(now.timestamp()))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    mark = hmac.new(key, b".".join([uid.encode(), stamp.encode(), body]), hashlib.sha256).digest()
    return {
        "webhook-id": uid,
        "webhook-timestamp": stamp,
        "webhook-signature": f"v1,{base64.b64encode(mark).decode()}",
    }


def _call(delivery: Delivery, endpoint: Endpoint, *, now: datetime) -> Outcome:
    private = settings.ALLOW_PRIVATE_WEBHOOKS
    body = json.dumps(delivery.payload, separators=(",", ":"), sort_keys=True).encode()
    try:
        target = read_target(endpoint.url, private=private)
        return _read(
            endpoint, post(target, body, _headers(delivery, endpoint, body, now), private=private)
        )
    except TargetRefused as error:
        return Outcome(str(error), final=True)
    except NameUnknown:
        return Outcome("The host's name cannot be resolved.", is_down=True)
    except TimedOut:
        return Outcome("It did not answer in time.", is_down=True)
    except BadAnswer:
        return Outcome("It does not answer as a web server does.")
    except ssl.SSLCertVerificationError:
        return Outcome("Its certificate cannot be verified.", is_down=True)
    except OSError as error:
        return Outcome(f"It cannot be connected to ({type(error).__name__}).", is_down=True)


def _headers(
    delivery: Delivery, endpoint: Endpoint, body: bytes, now: datetime
) -> Mapping[str, str]:
    uid = str(delivery.uid)
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Costline",
        "Connection": "close",
        "Idempotency-Key": uid,
    }
    if endpoint.kind == Endpoint.WEBHOOK:
        headers |= signed_headers(endpoint.secret, uid, body, now=now)
    return headers


def _read(endpoint: Endpoint, answer: Answer) -> Outcome:
    if 200 <= answer.status < 300:
        return SENT
    said = f"It answered {answer.status}"
    if 300 <= answer.status < 400:
        return Outcome(f"{said} and points elsewhere. Redirects are not followed.")
    code = answer.text.strip()
    if endpoint.kind == Endpoint.SLACK and _CODE.fullmatch(code):
        said += f" ({code})"
    final = 400 <= answer.status < 500 and answer.status not in _TRY_AGAIN
    seconds = int(answer.retry_after) if re.fullmatch(r"\d{1,6}", answer.retry_after) else 0
    return Outcome(f"{said}.", final=final, wait=timedelta(seconds=min(seconds, _LONGEST_WAIT)))
