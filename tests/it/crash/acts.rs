//! What people do, one act after another. The server may die during each of them.

use std::collections::HashSet;

use serde_json::json;

use super::client::Client;
use super::person::{Letter, Person, Requested, What, World};
use crate::harness::caller::path_of;
use crate::mail::sink::{Sink, TakenMail};

/// Words of the title of the email that undoes a change of address.
const UNDO: &str = " at Gatepost was changed";

impl Person {
    /// Does one thing that `choice` chooses; `None` if the server died. Without mail, nothing that needs an email
    /// to arrive.
    pub(super) async fn act(
        &mut self,
        choice: u64,
        client: &Client,
        sink: &Sink,
        has_mail: bool,
    ) -> Option<()> {
        self.is_touched = true;
        if self.world.is_disabled {
            return self.enable(client).await;
        }
        if let Some(requested) = self.requested.clone() {
            return self.redeem(requested, client, sink).await;
        }
        if !self.world.exists {
            return if choice.is_multiple_of(2) {
                self.register(client).await
            } else {
                self.ask(choice, client).await
            };
        }
        match (choice % 13, self.session()) {
            (0, Some(session)) => self.change_password(&session, client).await,
            (1 | 2, Some(session)) if has_mail => self.request_change_of_email(session, client).await,
            (3, Some(session)) => self.sign_out(session, client).await,
            (4, Some(session)) if self.world.sessions.len() > 1 => self.end_others(&session, client).await,
            (5, Some(session)) if self.world.sessions.len() > 1 => self.end_another(&session, client).await,
            (6, Some(_)) if choice.is_multiple_of(2) => self.disable(client).await,
            (7, Some(session)) if has_mail && choice.is_multiple_of(3) => {
                self.delete(&session, client, sink).await
            }
            (8, _) => self.forget_password(client).await,
            (9 | 10, _) if has_mail && self.undo.is_some() => self.undo_change(client, sink).await,
            (10..=12, _) if self.world.password.is_some() => self.sign_in_with_password(client).await,
            _ => self.ask(choice, client).await,
        }
    }

    async fn register(&mut self, client: &Client) -> Option<()> {
        let password = self.next_password();
        let body = json!({"email": self.world.email, "password": password});
        self.request("/register", body, What::Confirm { password }, client).await
    }

    async fn ask(&mut self, choice: u64, client: &Client) -> Option<()> {
        let what = What::SignIn { by_code: choice.is_multiple_of(3) };
        self.request("/sign-in", json!({"email": self.world.email}), what, client).await
    }

    async fn forget_password(&mut self, client: &Client) -> Option<()> {
        let what = What::Reset { password: self.next_password() };
        self.request("/forgot-password", json!({"email": self.world.email}), what, client).await
    }

    async fn request(
        &mut self,
        path: &str,
        body: serde_json::Value,
        what: What,
        client: &Client,
    ) -> Option<()> {
        let to = self.world.email.clone();
        let mut intent = self.intent(|_| {});
        intent.owed.push((to.clone(), what.title()));
        let reply = self.acts(intent, client, path, None, body).await?;
        let token = reply.json()["request"].as_str().unwrap().to_owned();
        self.requested = Some(Requested { what, to, token });
        Some(())
    }

    async fn request_change_of_email(&mut self, session: String, client: &Client) -> Option<()> {
        let to = self.next_email();
        let what = What::ChangeEmail { session: session.clone() };
        let mut intent = self.intent(|_| {});
        intent.owed.extend([(to.clone(), what.title()), (self.world.email.clone(), "is about to change")]);
        let body = json!({"email": to});
        let reply = self.acts(intent, client, "/profile/email", Some(&session), body).await?;
        if reply.status == 202 {
            let token = reply.json()["request"].as_str().unwrap().to_owned();
            self.requested = Some(Requested { what, to, token });
        }
        Some(())
    }

    /// Waits for the email of a request and uses its link or code.
    async fn redeem(&mut self, requested: Requested, client: &Client, sink: &Sink) -> Option<()> {
        let mail = self.unread(&requested.to, requested.what.title(), client, sink).await?;
        let letter = Letter { link: mail.link(), code: mail.code(), request: Some(requested.clone()) };
        self.read.insert(mail.id());
        self.requested = None;
        self.use_letter(letter, client).await
    }

    /// Uses a link or code; again after a restart, if it was not used.
    pub(super) async fn use_letter(&mut self, letter: Letter, client: &Client) -> Option<()> {
        let Some(Requested { what, to, token }) = letter.request.clone() else {
            return self.use_undo(letter.link, client).await;
        };
        let (email, old) = (to.clone(), self.world.email.clone());
        let mut intent = self.signing_in(|world| match &what {
            What::Confirm { password } if !world.exists => {
                (world.exists, world.password) = (true, Some(password.clone()));
            }
            What::Confirm { .. } | What::SignIn { .. } => world.exists = true,
            What::Reset { password } => {
                world.password = Some(password.clone());
                world.end_sessions();
            }
            What::ChangeEmail { .. } => {
                world.email = email;
                world.end_sessions();
            }
        });
        let mut body = json!({"request": token});
        match &what {
            What::Reset { password } => {
                body["password"] = json!(password);
                intent.owed.push((to, "password was reset"));
            }
            What::ChangeEmail { .. } => intent.owed.push((old, UNDO)),
            What::Confirm { .. } | What::SignIn { .. } => {}
        }
        intent.uses = Some(letter.clone());
        let session = match &what {
            What::ChangeEmail { session } => Some(session.as_str()),
            _ => None,
        };
        let code = letter.code.filter(|_| what == What::SignIn { by_code: true });
        match code {
            Some(code) => {
                body["code"] = json!(code);
                self.acts(intent, client, "/code", session, body).await?;
            }
            None => _ = self.acts(intent, client, &path_of(&letter.link), session, body).await?,
        }
        Some(())
    }

    async fn change_password(&mut self, session: &str, client: &Client) -> Option<()> {
        let new = self.next_password();
        let body = json!({"password": new, "current_password": self.world.password});
        let has_one = self.world.password.is_some();
        let mut intent = self.signing_in(|world| {
            world.password = Some(new);
            world.end_sessions();
        });
        let title = if has_one { "password was changed" } else { "password was set" };
        intent.owed.push((self.world.email.clone(), title));
        self.acts(intent, client, "/profile/password", Some(session), body).await.map(drop)
    }

    async fn sign_out(&mut self, session: String, client: &Client) -> Option<()> {
        let intent = self.intent(|world| _ = world.sessions.remove(&session));
        self.acts(intent, client, "/sign-out", Some(&session), json!({})).await.map(drop)
    }

    async fn end_others(&mut self, session: &str, client: &Client) -> Option<()> {
        let intent = self.signing_in(World::end_sessions);
        let path = "/profile/sessions/end-others";
        self.acts(intent, client, path, Some(session), json!({})).await.map(drop)
    }

    async fn end_another(&mut self, session: &str, client: &Client) -> Option<()> {
        let other = self.world.sessions.last()?.clone();
        let id = client.get("/session", Some(&other)).await?.json()["session"]["id"].as_str()?.to_owned();
        let intent = self.intent(|world| _ = world.sessions.remove(&other));
        let path = format!("/profile/sessions/{id}/end");
        self.acts(intent, client, &path, Some(session), json!({})).await.map(drop)
    }

    async fn disable(&mut self, client: &Client) -> Option<()> {
        self.begin(self.intent(|world| {
            world.is_disabled = true;
            world.end_sessions();
        }));
        client.command(["account", "disable", &self.world.email]).await?;
        self.acknowledged(None);
        Some(())
    }

    async fn enable(&mut self, client: &Client) -> Option<()> {
        self.begin(self.intent(|world| world.is_disabled = false));
        client.command(["account", "enable", &self.world.email]).await?;
        self.acknowledged(None);
        Some(())
    }

    async fn delete(&mut self, session: &str, client: &Client, sink: &Sink) -> Option<()> {
        // An account that is gone gets no more notices, and what became of its emails is not kept.
        let none = HashSet::new();
        tokio::select! {
            () = self.collect(sink, &none) => {}
            () = client.gone() => return None,
        }
        let mut intent = self.intent(|world| {
            (world.exists, world.password) = (false, None);
            world.end_sessions();
        });
        intent.owed.push((self.world.email.clone(), "has been deleted"));
        self.undo = None;
        self.acts(intent, client, "/profile/delete", Some(session), json!({"confirm": "delete"}))
            .await
            .map(drop)
    }

    async fn undo_change(&mut self, client: &Client, sink: &Sink) -> Option<()> {
        let mail = self.unread(&self.undo.clone()?, UNDO, client, sink).await?;
        self.read.insert(mail.id());
        self.use_undo(mail.link(), client).await
    }

    async fn use_undo(&mut self, link: String, client: &Client) -> Option<()> {
        let (old, left) = (self.undo.clone()?, self.world.email.clone());
        let mut intent = self.intent(|world| {
            (world.email, world.password) = (old.clone(), None);
            world.end_sessions();
        });
        intent.owed.extend([old, left].map(|to| (to, "Previous email address restored")));
        intent.uses = Some(Letter { link: link.clone(), code: None, request: None });
        let body = json!({"confirm": "yes"});
        self.acts(intent, client, &path_of(&link), None, body).await.map(drop)
    }

    pub(super) async fn sign_in_with_password(&mut self, client: &Client) -> Option<()> {
        let body = json!({"email": self.world.email, "password": self.world.password});
        let intent = self.signing_in(|_| {});
        self.acts(intent, client, "/sign-in/password", None, body).await.map(drop)
    }

    /// The next email to an address that they have not read. Nothing if the server dies before it sends it; then
    /// the restarted one does.
    async fn unread(&self, to: &str, title: &str, client: &Client, sink: &Sink) -> Option<TakenMail> {
        let is_it = |mail: &TakenMail| {
            mail.to == to && mail.title().contains(title) && !self.read.contains(&mail.id())
        };
        tokio::select! {
            mail = sink.first(is_it) => Some(mail),
            () = client.gone() => None,
        }
    }
}
