//! One entrance that is measured: asks there about known and unknown addresses in turn.

use std::time::Duration;

use super::entrance::Entrance;
use super::people::{Kind, settle};
use super::spread::roc_area;
use super::twin::Twin;
use crate::app::doctor::DoctorError;
use crate::app::doctor::caller::{Ask, Connection};
use crate::app::doctor::reply::{Difference, Reply, difference};
use crate::app::failure::Failure;
use crate::config::Config;
use crate::domain::ports::World;
use crate::domain::record::address::EmailAddress;
use crate::domain::record::registration::Domains;

/// The first ones only fill caches.
const UNCOUNTED: usize = 20;
/// A name that belongs to no one (RFC 6761).
const DOMAIN: &str = "doctor.invalid";

/// One entrance that is being measured.
pub(super) struct Room<'a> {
    pub(super) config: &'a Config,
    pub(super) twin: &'a Twin,
    pub(super) world: &'a World,
    pub(super) entrance: &'a Entrance,
    /// Which entrance it is, so that each has addresses of its own.
    pub(super) number: usize,
    pub(super) pairs: u16,
}

/// What came of asking about one address.
struct Asked {
    took: Duration,
    /// The reply and, if a browser is led to a page by it, that page.
    replies: Vec<Reply>,
}

/// The times of one look, and how its replies differ.
#[derive(Default)]
pub(super) struct Look {
    pub(super) known: Vec<Duration>,
    pub(super) unknown: Vec<Duration>,
    pub(super) differing_pairs: u16,
    pub(super) first: Option<String>,
}

impl Room<'_> {
    /// Measures all pairs.
    pub(super) async fn look(&self, look: usize) -> Result<Look, Failure> {
        let kinds: Vec<Kind> = self.entrance.known.iter().copied().filter(|kind| self.has(*kind)).collect();
        let domain = &self.domain();
        let addresses = |who: char| {
            let number = self.number;
            let all = (0..UNCOUNTED + usize::from(self.pairs))
                .map(move |pair| format!("{who}{number}x{look}x{pair}@{domain}"));
            all.map(|text| EmailAddress::parse(&text).expect("an email address"))
        };
        let known: Vec<(Kind, EmailAddress)> = kinds.iter().copied().cycle().zip(addresses('k')).collect();
        let settled = settle(&self.twin.gatepost, &known, self.twin.password_slots).await;
        settled.map_err(DoctorError::NotPrepared)?;
        let mut connection = self.connect().await?;
        let mut seen = Look::default();
        for (pair, ((kind, known), unknown)) in known.iter().zip(addresses('u')).enumerate() {
            // In an order that has nothing to do with anything else.
            let is_known_first = self.world.random::<1>()[0].is_multiple_of(2);
            let order = if is_known_first { [known, &unknown] } else { [&unknown, known] };
            let mut asked = Vec::new();
            for address in order {
                asked.push(self.ask(&mut connection, address).await?);
            }
            if !is_known_first {
                asked.reverse();
            }
            if pair >= UNCOUNTED {
                seen.known.push(asked[0].took);
                seen.unknown.push(asked[1].took);
            }
            let mut replies = asked[0].replies.iter().zip(&asked[1].replies);
            let addresses = [known.as_str(), unknown.as_str()];
            let found =
                replies.find_map(|(one, other)| difference((one, addresses[0]), (other, addresses[1])));
            seen.note(*kind, found);
        }
        Ok(seen)
    }

    /// Where only some domains can register, one of them: elsewhere every answer would be the same refusal. No email
    /// leaves the server that is measured.
    fn domain(&self) -> String {
        self.config.registration.domains().map_or_else(|| DOMAIN.to_owned(), Domains::example)
    }

    /// Where no one can register, there are no registrations that could wait.
    fn has(&self, kind: Kind) -> bool {
        self.config.registration.has_form() || kind != Kind::Unconfirmed
    }

    async fn connect(&self) -> Result<Connection, DoctorError> {
        let target = &self.twin.target;
        Connection::open(target, None).await.map_err(|error| target.unreachable(error))
    }

    /// Asks about one address, and goes where a browser is led. Only the first reply is timed.
    async fn ask(&self, connection: &mut Connection, address: &EmailAddress) -> Result<Asked, DoctorError> {
        let target = &self.twin.target;
        let [one, two, three] = self.world.random();
        // Every request comes from another client, so that none meets the limits of a client.
        let client = format!("10.{one}.{two}.{three}");
        let ask = self.entrance.ask(address.as_str(), &target.origin).with("x-forwarded-for", &client);
        let begun = self.world.clock.monotonic();
        let reply = connection.send(ask).await.map_err(|error| target.unreachable(error))?;
        let took = self.world.clock.monotonic().saturating_sub(begun);
        if !self.entrance.expects(reply.status) {
            return Err(DoctorError::NotMeasured { entrance: self.entrance.name, status: reply.status });
        }
        let place = reply.header("location").filter(|place| place.starts_with('/'));
        let cookies = reply.headers("set-cookie").filter_map(|line| line.split(';').next());
        let cookies: Vec<&str> = cookies.collect();
        let next = place
            .map(|place| Ask::get(place).with("cookie", cookies.join("; ")).with("x-forwarded-for", client));
        let mut replies = vec![reply];
        if let Some(next) = next {
            replies.push(connection.send(next).await.map_err(|error| target.unreachable(error))?);
        }
        Ok(Asked { took, replies })
    }
}

impl Look {
    /// The area under the ROC curve.
    pub(super) fn area(&self) -> f64 {
        roc_area(&self.known, &self.unknown)
    }

    fn note(&mut self, kind: Kind, found: Option<Difference>) {
        let Some(Difference { known, unknown }) = found else { return };
        self.differing_pairs += 1;
        let kind = kind.in_words();
        self.first.get_or_insert_with(|| format!("{kind}: \"{known}\", no account: \"{unknown}\""));
    }
}
