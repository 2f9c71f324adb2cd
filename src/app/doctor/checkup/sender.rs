//! What the domain of the sender says about its email. Mail servers ask the same before they accept one.

use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::RData;

use super::finding::{Finding, Status};

/// How long each question may take, and how often it is asked.
const PATIENCE: Duration = Duration::from_secs(2);
const ATTEMPTS: usize = 2;

/// What a name has.
enum Texts {
    /// These records.
    Found(Vec<String>),
    /// Nothing itself, but names below it may have something.
    None,
    /// No such name, and nothing below it.
    NoName,
    /// No answer, for this reason.
    Unknown(String),
}

/// Asks for what a domain says about its email.
pub(super) async fn look_up(domain: &str) -> Vec<Finding> {
    if !domain.contains('.') {
        let message = format!("mail.from is at {domain}, which no other mail server knows");
        return vec![Finding::new("sender", Status::Warning, message)];
    }
    let resolver = TokioResolver::builder_tokio().and_then(|mut builder| {
        builder.options_mut().timeout = PATIENCE;
        builder.options_mut().attempts = ATTEMPTS;
        builder.build()
    });
    let resolver = match resolver {
        Ok(resolver) => resolver,
        Err(error) => {
            return vec![Finding::new("sender", Status::Unknown, unknown("DNS", &error.to_string()))];
        }
    };
    let spf = spf(domain, texts(&resolver, domain).await);
    let dkim = dkim(domain, &texts(&resolver, &format!("_domainkey.{domain}")).await);
    let dmarc = dmarc(domain, &resolver).await;
    vec![spf, dkim, dmarc]
}

/// SPF (RFC 7208): who may send email of this domain.
fn spf(domain: &str, texts: Texts) -> Finding {
    let found = |status, message: String| Finding::new("spf", status, message);
    let records = match texts {
        Texts::Unknown(why) => return found(Status::Unknown, unknown("SPF", &why)),
        Texts::Found(texts) => texts.into_iter().filter(|text| is_tagged(text, "v=spf1")).collect(),
        Texts::None | Texts::NoName => Vec::new(),
    };
    match &records[..] {
        [] => found(
            Status::Warning,
            format!(
                "{domain} does not say who may send its email, so many mail servers refuse it or take it for spam; \
                 add the TXT record that your mail provider names"
            ),
        ),
        // Without a sign in front, a mechanism means the same as with a plus (RFC 7208, section 4.6.2).
        [one]
            if one
                .split_whitespace()
                .any(|it| ["+all", "all"].iter().any(|all| it.eq_ignore_ascii_case(all))) =>
        {
            found(Status::Wrong, format!("{domain} lets everyone send its email: {one}"))
        }
        [one] if one.trim().eq_ignore_ascii_case("v=spf1 -all") => {
            found(Status::Wrong, format!("{domain} lets no one send its email: {one}"))
        }
        [one] => found(Status::Ok, format!("{domain} has {one}")),
        several => found(
            Status::Wrong,
            format!("{domain} has {} SPF records, and only one is allowed; join them", several.len()),
        ),
    }
}

/// DKIM (RFC 6376). Only the mail server knows the name of its key, so all that can be seen is whether there are any.
fn dkim(domain: &str, texts: &Texts) -> Finding {
    match texts {
        Texts::Unknown(why) => Finding::new("dkim", Status::Unknown, unknown("DKIM", why)),
        Texts::NoName => {
            let message = format!(
                "{domain} has no DKIM key; have your mail server sign, and add the TXT record that it names"
            );
            Finding::new("dkim", Status::Warning, message)
        }
        // Some name servers answer like this for names without anything below them too.
        Texts::Found(_) | Texts::None => {
            let message = format!(
                "{domain} may have DKIM keys; whether your mail server signs with one is in the headers of an email that \
                 it has sent (dkim=pass)"
            );
            Finding::new("dkim", Status::Unknown, message)
        }
    }
}

/// DMARC (RFC 7489): what to do with email that neither of the two vouches for. A domain without its own has that
/// of the domain above it.
async fn dmarc(domain: &str, resolver: &TokioResolver) -> Finding {
    let found = |status, message: String| Finding::new("dmarc", status, message);
    let mut name = Some(domain);
    while let Some(one) = name {
        match texts(resolver, &format!("_dmarc.{one}")).await {
            Texts::Unknown(why) => return found(Status::Unknown, unknown("DMARC", &why)),
            Texts::Found(texts) => {
                if let Some(record) = texts.into_iter().find(|text| is_tagged(text, "v=DMARC1")) {
                    return found(Status::Ok, format!("{one} has {record}"));
                }
            }
            Texts::None | Texts::NoName => {}
        }
        name = one.split_once('.').map(|(_, above)| above).filter(|above| above.contains('.'));
    }
    let message = format!(
        "{domain} has no DMARC record, which the large mail providers ask for; add the TXT record _dmarc.{domain} \
         with \"v=DMARC1; p=none\" at least"
    );
    found(Status::Warning, message)
}

/// Whether a record begins with this tag.
fn is_tagged(text: &str, tag: &str) -> bool {
    let begins = text.get(..tag.len()).is_some_and(|start| start.eq_ignore_ascii_case(tag));
    begins && text[tag.len()..].chars().next().is_none_or(|next| next == ' ' || next == ';')
}

fn unknown(what: &str, why: &str) -> String {
    format!("{what} is unknown: {why}")
}

async fn texts(resolver: &TokioResolver, name: &str) -> Texts {
    // With a dot at the end, so that the machine's own domain is not added.
    match resolver.txt_lookup(format!("{name}.")).await {
        Ok(found) => {
            let text = |data: &RData| match data {
                RData::TXT(text) => Some(text.txt_data.concat()),
                _ => None,
            };
            let texts = found.answers().iter().filter_map(|record| text(&record.data));
            Texts::Found(texts.map(|bytes| plain(&bytes)).collect())
        }
        Err(NetError::Dns(DnsError::NoRecordsFound(none)))
            if none.response_code == ResponseCode::NXDomain =>
        {
            Texts::NoName
        }
        Err(NetError::Dns(DnsError::NoRecordsFound(none))) if none.response_code == ResponseCode::NoError => {
            Texts::None
        }
        Err(error) => Texts::Unknown(error.to_string()),
    }
}

/// What strangers have written, printable and of bounded length.
fn plain(bytes: &[u8]) -> String {
    const MAX_CHARS: usize = 300;
    let text = String::from_utf8_lossy(bytes);
    text.chars().take(MAX_CHARS).map(|c| if c.is_control() { '?' } else { c }).collect()
}
