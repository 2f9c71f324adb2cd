"""Uses every group of operations with the generated Python client, without a cast."""

import os
import sys
from http import HTTPStatus

from gatepost import AuthenticatedClient
from gatepost.api.account import (
    cancel_email_change,
    change_password,
    delete_account,
    export,
    profile,
    remove_password,
    request_email_change,
)
from gatepost.api.code_and_link import redeem_code, redeem_link, show_link
from gatepost.api.confirm_its_you import reauthenticate, request_reauthentication
from gatepost.api.devices import end_other_sessions, end_session, sessions
from gatepost.api.forgotten_password import forgot_password
from gatepost.api.mailbox import mailbox
from gatepost.api.register import register
from gatepost.api.resend import resend
from gatepost.api.session import session, sign_out
from gatepost.api.sign_in import request_sign_in, sign_in_with_password
from gatepost.models import (
    ChangePassword,
    DeleteAccount,
    Emails,
    Export,
    Link,
    MailQueued,
    Outcome,
    Problem,
    Profile,
    Reauthenticate,
    RedeemCode,
    RedeemLink,
    Register,
    Renewed,
    RequestEmail,
    RequestReauthentication,
    RequestSignIn,
    Resend,
    Sessions,
    SignInWithPassword,
)

BASE = os.environ["BASE"]
ADDRESS, NEW_ADDRESS = "python@example.org", "python.new@example.org"
PASSWORD, NEW_PASSWORD = "three quiet otters", "seven loud geese"

# The generator wants this kind of client wherever a session may be sent. An empty token is no session.
anyone = AuthenticatedClient(base_url=BASE, token="", prefix="")


def signed_in(outcome: Outcome | Renewed) -> AuthenticatedClient:
    return AuthenticatedClient(base_url=BASE, token=outcome.session.token)


def email(to: str) -> tuple[str, str]:
    """The newest email with a code: its code, and the token of its link."""
    emails = mailbox.sync(client=anyone, to=to, wait=10)
    assert isinstance(emails, Emails), emails
    for letter in emails.letters:
        if letter.code is not None:
            return letter.code, (letter.link or "").rsplit("/", 1)[-1]
    raise AssertionError(f"no email with a code to {to}")


def assert_refused(response: object, code: str) -> None:
    assert isinstance(response, Problem) and response.code == code, response


def register_and_confirm() -> Outcome:
    queued = register.sync(client=anyone, body=Register(email=ADDRESS, password=PASSWORD))
    assert isinstance(queued, MailQueued), queued
    assert_refused(resend.sync(client=anyone, body=Resend(request=queued.request)), "too_many_mails")
    body = RedeemCode(request=queued.request, code=email(ADDRESS)[0])
    confirmed = redeem_code.sync(client=anyone, body=body)
    assert isinstance(confirmed, Outcome) and confirmed.outcome == "confirmed", confirmed
    assert confirmed.account.pending_email is None
    return confirmed


def sign_in_with_link() -> Outcome:
    queued = request_sign_in.sync(client=anyone, body=RequestSignIn(email=ADDRESS))
    assert isinstance(queued, MailQueued), queued
    token = email(ADDRESS)[1]
    link = show_link.sync(token, client=anyone)
    assert isinstance(link, Link) and (link.purpose, link.needs) == ("sign_in", ["confirm"]), link
    outcome = redeem_link.sync(token, client=anyone, body=RedeemLink(request=queued.request))
    assert isinstance(outcome, Outcome) and outcome.outcome == "signed_in", outcome
    return outcome


def end_sessions(first: Outcome, own: AuthenticatedClient) -> AuthenticatedClient:
    listed = sessions.sync(client=own)
    assert isinstance(listed, Sessions) and len(listed.sessions) == 3, listed
    ended = end_session.sync_detailed(first.session.id, client=own)
    assert ended.status_code == HTTPStatus.NO_CONTENT, ended
    assert_refused(session.sync(client=signed_in(first)), "sign_in_required")
    renewed = end_other_sessions.sync(client=own)
    assert isinstance(renewed, Renewed), renewed
    return signed_in(renewed)


def confirm(own: AuthenticatedClient) -> None:
    recent = reauthenticate.sync(client=own, body=Reauthenticate(password=PASSWORD))
    assert isinstance(recent, Outcome) and recent.outcome == "recent", recent
    queued = request_reauthentication.sync(client=own, body=RequestReauthentication())
    assert isinstance(queued, MailQueued), queued
    body = RedeemCode(request=queued.request, code=email(ADDRESS)[0])
    recent = redeem_code.sync(client=own, body=body)
    assert isinstance(recent, Outcome) and recent.outcome == "recent", recent


def change_and_remove_password(own: AuthenticatedClient) -> AuthenticatedClient:
    body = ChangePassword(password=NEW_PASSWORD, current_password=PASSWORD)
    changed = change_password.sync(client=own, body=body)
    assert isinstance(changed, Renewed) and changed.account.has_password, changed
    removed = remove_password.sync(client=signed_in(changed))
    assert isinstance(removed, Renewed) and not removed.account.has_password, removed
    return signed_in(removed)


def change_address(own: AuthenticatedClient) -> AuthenticatedClient:
    body = RequestEmail(email=NEW_ADDRESS)
    assert isinstance(request_email_change.sync(client=own, body=body), MailQueued)
    shown = profile.sync(client=own)
    assert isinstance(shown, Profile) and shown.account.pending_email == NEW_ADDRESS, shown
    cancelled = cancel_email_change.sync(client=own)
    assert isinstance(cancelled, Renewed) and cancelled.account.pending_email is None, cancelled
    queued = request_email_change.sync(client=own, body=body)
    assert isinstance(queued, MailQueued), queued
    code = RedeemCode(request=queued.request, code=email(NEW_ADDRESS)[0])
    changed = redeem_code.sync(client=own, body=code)
    assert isinstance(changed, Outcome) and changed.outcome == "email_changed", changed
    assert changed.account.email == NEW_ADDRESS
    return signed_in(changed)


def reset_password() -> AuthenticatedClient:
    queued = forgot_password.sync(client=anyone, body=RequestEmail(email=NEW_ADDRESS))
    assert isinstance(queued, MailQueued), queued
    body = RedeemCode(request=queued.request, code=email(NEW_ADDRESS)[0], password=NEW_PASSWORD)
    reset = redeem_code.sync(client=anyone, body=body)
    assert isinstance(reset, Outcome) and reset.outcome == "password_reset", reset
    return signed_in(reset)


def main() -> None:
    first = register_and_confirm()
    body = SignInWithPassword(email=ADDRESS, password=PASSWORD)
    second = sign_in_with_password.sync(client=anyone, body=body)
    assert isinstance(second, Outcome) and second.account.id == first.account.id, second
    own = end_sessions(first, signed_in(sign_in_with_link()))
    confirm(own)
    own = change_address(change_and_remove_password(own))
    exported = export.sync(client=own)
    assert isinstance(exported, Export) and all(event.at.tzinfo for event in exported.events), exported
    sign_out.sync_detailed(client=own)
    assert_refused(session.sync(client=own), "sign_in_required")
    own = reset_password()
    current = session.sync(client=own)
    assert isinstance(current, Profile) and current.session.current, current
    deleted = delete_account.sync_detailed(client=own, body=DeleteAccount(confirm="delete"))
    assert deleted.status_code == HTTPStatus.NO_CONTENT, deleted
    assert_refused(profile.sync(client=own), "sign_in_required")
    sys.stdout.write("Python: every group of operations\n")


main()
