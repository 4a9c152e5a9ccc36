"""Reads the signature vectors with the published PyPI package, headers renamed for submissions."""

import base64
import hashlib
import hmac
import json
import pathlib
from datetime import datetime
from unittest import mock

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

VECTORS = json.loads(pathlib.Path(__file__).with_name("signatures.json").read_text(encoding="utf-8"))


def at_time(seconds):
    """The package refuses what is older than five minutes: the vectors are read at the time they were signed."""

    class Then(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime.fromtimestamp(seconds, tz=tz)

    return mock.patch("standardwebhooks.webhooks.datetime", Then)


def check(secret, vector):
    headers = {
        "webhook-id": vector["id"],
        "webhook-timestamp": str(vector["timestamp"]),
        "webhook-signature": vector["signature"],
    }
    webhook = Webhook(secret)
    with at_time(vector["timestamp"]):
        webhook.verify(vector["body"], headers, json_parse=False)
        try:
            webhook.verify(vector["body"] + " ", headers, json_parse=False)
        except WebhookVerificationError:
            return
    raise AssertionError("an altered body was accepted")


def derive(ticket_key, ticket_id):
    """HKDF-SHA256 (RFC 5869) for one block."""
    secret = hmac.new(ticket_id, ticket_key, hashlib.sha256).digest()
    return hmac.new(secret, b"unticked submission v1\x01", hashlib.sha256).digest()


def judge(name, work):
    try:
        work()
        print(f"ok {name}")
    except Exception as error:
        print(f"wrong {name}: {error!r}")


def submission(vector):
    key = derive(base64.b64decode(vector["ticket_key"]), vector["id"].encode())
    assert base64.b64encode(key).decode() == vector["submission_key"], "the derived key differs"
    check("whsec_" + vector["submission_key"], vector)


for event in VECTORS["events"]:
    judge(f"event {event['id']} at {event['timestamp']}", lambda: check(event["secret"], event))
for one in VECTORS["submissions"]:
    judge(f"submission {one['id']}", lambda: submission(one))
