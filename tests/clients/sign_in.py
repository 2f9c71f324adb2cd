"""Signs in with the generated Python client, and out again."""

import os
import sys

from gatepost import AuthenticatedClient, Client
from gatepost.api.mailbox import mailbox
from gatepost.api.session import session, sign_out
from gatepost.api.sign_in import redeem_code, redeem_link, request_sign_in
from gatepost.models import Problem, RedeemCode, RedeemLink, RequestSignIn

BASE = os.environ["BASE"]
ADDRESS = "python@example.org"


def newest_letter(client):
    return mailbox.sync(client=client, to=ADDRESS, wait=10).letters[0]


client = Client(base_url=BASE)

queued = request_sign_in.sync(client=client, body=RequestSignIn(email=ADDRESS))
code = newest_letter(client).code
first = redeem_code.sync(client=client, body=RedeemCode(request=queued.request, code=code))
assert first.outcome == "confirmed" and first.account.pending_email is None, first

queued = request_sign_in.sync(client=client, body=RequestSignIn(email=ADDRESS))
token = newest_letter(client).link.rsplit("/", 1)[1]
second = redeem_link.sync(token, client=client, body=RedeemLink(request=queued.request))
assert second.outcome == "signed_in" and second.account.id == first.account.id, second

signed_in = AuthenticatedClient(base_url=BASE, token=second.session.token)
profile = session.sync(client=signed_in)
assert profile.account.email == ADDRESS and profile.session.expires_at.tzinfo, profile
sign_out.sync_detailed(client=signed_in)
refused = session.sync(client=signed_in)
assert isinstance(refused, Problem) and refused.code == "sign_in_required", refused
sys.stdout.write("Python: signed in by code and link, signed out\n")
