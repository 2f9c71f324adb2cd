//! Which server is the primary. The engine asks all of them, because a former primary that comes back still
//! thinks that it is one.

use futures_util::future::join_all;

use super::base::Base;
use super::fault::Fault;
use super::life::Life;
use super::link::Link;
use super::proof::sight;
use super::settings::Host;

/// The primary, as all servers of the configuration tell it now.
pub(super) async fn primary(base: &Base) -> Result<(Host, Life), Fault> {
    let hosts = &base.settings.hosts;
    let sights = join_all(hosts.iter().map(|host| look(base, host))).await;
    let mut primaries: Vec<(&Host, Life)> = Vec::new();
    let mut faults = Vec::new();
    for (host, seen) in hosts.iter().zip(sights) {
        match seen {
            // One server may have several names.
            Ok(Some(life)) if primaries.iter().any(|(_, known)| *known == life) => {}
            Ok(Some(life)) => primaries.push((host, life)),
            Ok(None) => faults.push(Fault::Unreachable(format!("{host} is a standby"))),
            Err(fault) => faults.push(fault),
        }
    }
    // Another database may take the place of the known one, but not while that one is there.
    if primaries.iter().any(|(_, life)| !base.floor.differs(life)) {
        primaries.retain(|(_, life)| !base.floor.differs(life));
    }
    primaries.sort_by_key(|(_, life)| std::cmp::Reverse(life.timeline));
    match &primaries[..] {
        [] => Err(none(faults)),
        [(one, life), (other, second), ..] if second.timeline == life.timeline => Err(Fault::Unreachable(
            format!("{one} and {other} are both primaries with timeline {}; stop one of them", life.timeline),
        )),
        [(host, life), rest @ ..] => {
            for (left, _) in rest {
                tracing::warn!(used = %host, left = %left, "two primaries; the one with the higher timeline is used");
            }
            Ok(((*host).clone(), life.clone()))
        }
    }
}

/// A server, if it is a primary that may be used; nothing if it is a standby.
async fn look(base: &Base, host: &Host) -> Result<Option<Life>, Fault> {
    let link = Link::open(host, &base.settings, base.tls.as_ref()).await?;
    let life = sight(&link, &base.settings).await?;
    if let Some(life) = &life {
        base.floor.check(life)?;
    }
    Ok(life)
}

/// What to say if none can be used: first what only a person can change.
fn none(mut faults: Vec<Fault>) -> Fault {
    let all_are_foreign = faults.iter().all(|fault| matches!(fault, Fault::Foreign(_)));
    faults.sort_by_key(|fault| !matches!(fault, Fault::Unfit(_) | Fault::Foreign(_)));
    match faults.first() {
        // If another one is only away, it may be the right one.
        Some(Fault::Foreign(why)) if !all_are_foreign => return Fault::Unfit(why.clone()),
        Some(Fault::Unfit(_) | Fault::Foreign(_)) => return faults.swap_remove(0),
        _ => {}
    }
    let all: Vec<String> = faults.iter().map(Fault::to_string).collect();
    Fault::Unreachable(format!("no primary: {}", all.join("; ")))
}
