//! No mode reveals who an address belongs to: whoever it is, every response has the same bytes and takes the same work.

use gatepost::domain::record::registration::RegistrationMode;

use super::{PASSWORD, cases, member, start};
use crate::harness::app::{App, without_random_values};
use crate::harness::both_doors;
use crate::harness::caller::{Answer, Caller, Door};
use crate::profile::{WAIT, readdress};

both_doors! {
    no_mode_reveals_who_an_address_belongs_to,
}

/// Who an address belongs to.
#[derive(Clone, Copy, Debug)]
enum Owner {
    NoOne,
    /// A registration that waits for its confirmation.
    Registration,
    Account,
    Disabled,
    /// An account that has moved to another address and can still get this one back.
    Held,
}

const OWNERS: [Owner; 4] = [Owner::Registration, Owner::Account, Owner::Disabled, Owner::Held];

/// What was done, the response, and how many passwords were hashed for it.
type Seen = (&'static str, String, u64);

async fn no_mode_reveals_who_an_address_belongs_to(door: Door) {
    // The script of a page gets fragments.
    let ways = if door == Door::Pages { &[false, true][..] } else { &[false] };
    for is_htmx in ways.iter().copied() {
        for (mode, email, _) in cases() {
            let unknown = seen(door, is_htmx, &mode, email, Owner::NoOne).await;
            for owner in OWNERS {
                let known = seen(door, is_htmx, &mode, email, owner).await;
                for (known, unknown) in known.iter().zip(&unknown) {
                    assert_eq!(known, unknown, "{mode:?}: {email}: {owner:?}");
                }
                assert_eq!(known.len(), unknown.len());
            }
        }
    }
}

/// Gives the address its owner, while anyone can register.
async fn prepare(app: &App, door: Door, email: &str, owner: Owner) {
    match owner {
        Owner::NoOne => {}
        Owner::Registration => {
            assert_eq!(app.caller(door).register(email, PASSWORD).await, Answer::Done);
            app.letter_to(email).await;
        }
        Owner::Account => _ = member(app, door, email).await,
        Owner::Disabled => {
            member(app, door, email).await;
            app.disable(email).await;
        }
        Owner::Held => {
            let mut owner = member(app, door, email).await;
            readdress(app, &mut owner, email, "elsewhere@example.org").await;
        }
    }
    app.clock.advance(60 * WAIT);
}

/// The responses to a stranger, action by action.
async fn seen(door: Door, is_htmx: bool, mode: &RegistrationMode, email: &str, owner: Owner) -> Vec<Seen> {
    let app = start(RegistrationMode::Open).await;
    prepare(&app, door, email, owner).await;
    app.change_mode(mode.clone());
    let (mut seen, mut done) = (Vec::new(), app.house.gatepost.passwords_hashed());
    let mut note = |act: &'static str, caller: &Caller| {
        let now = app.house.gatepost.passwords_hashed();
        let port = app.server.port().to_string();
        let reply = without_random_values(caller.last.as_ref().unwrap()).replace(&port, "port");
        // In doubt, it was sent again, and hashed again.
        seen.push((act, reply, (now - done) / caller.attempts()));
        done = now;
    };
    let (mut registering, mut asking) =
        (app.caller(door).with_script(is_htmx), app.caller(door).with_script(is_htmx));
    registering.register(email, "a wholly new password").await;
    note("register", &registering);
    app.read_all().await;
    asking.ask(email).await;
    note("sign in", &asking);
    app.read_all().await;
    asking.type_code("no code").await;
    note("wrong code", &asking);
    app.clock.advance(WAIT);
    asking.resend().await;
    note("resend", &asking);
    app.read_all().await;
    registering.forgot_password(email).await;
    note("forgot password", &registering);
    app.read_all().await;
    seen
}
