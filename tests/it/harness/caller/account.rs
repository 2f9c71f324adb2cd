//! What a caller does with the account, in the words of the scenarios.

use serde_json::Value;

use super::{Answer, Caller, Door, path_of};

impl Caller {
    /// Requests an email to set a new password.
    pub(crate) async fn forgot_password(&mut self, email: &str) -> Answer {
        self.ask_at("/forgot-password", vec![("email", email.to_owned())], email, None).await
    }

    /// Redeems the link in that email with a new password, with everything this caller has.
    pub(crate) async fn reset_by_link(&mut self, link: &str, password: &str) -> Answer {
        let mut fields = vec![("password", password.to_owned())];
        if self.door == Door::Json {
            fields.extend(self.newest_request());
        }
        self.act(&path_of(link), &fields).await
    }

    /// Enters the code from it, with the new password.
    pub(crate) async fn reset_by_code(&mut self, code: &str, password: &str) -> Answer {
        let mut fields = self.newest_request();
        fields.extend([("code", code.to_owned()), ("password", password.to_owned())]);
        self.act("/code", &fields).await
    }

    pub(crate) async fn change_password(&mut self, new: &str, current: Option<&str>) -> Answer {
        let mut fields = vec![("password", new.to_owned())];
        fields.extend(current.map(|current| ("current_password", current.to_owned())));
        self.act("/profile/password", &fields).await
    }

    pub(crate) async fn remove_password(&mut self) -> Answer {
        self.act("/profile/password/remove", &[]).await
    }

    pub(crate) async fn change_email(&mut self, email: &str) -> Answer {
        self.ask_at("/profile/email", vec![("email", email.to_owned())], email, None).await
    }

    pub(crate) async fn cancel_email_change(&mut self) -> Answer {
        self.act("/profile/email/cancel", &[]).await
    }

    pub(crate) async fn end_session(&mut self, id: &str) -> Answer {
        self.act(&format!("/profile/sessions/{id}/end"), &[]).await
    }

    pub(crate) async fn end_other_sessions(&mut self) -> Answer {
        self.act("/profile/sessions/end-others", &[]).await
    }

    pub(crate) async fn reauthenticate(&mut self, password: &str) -> Answer {
        self.act("/reauthenticate", &[("password", password.to_owned())]).await
    }

    /// Requests a code to confirm who is signed in.
    pub(crate) async fn reauthenticate_by_mail(&mut self, email: &str) -> Answer {
        let answer = self.act("/reauthenticate/mail", &self.newest_request()).await;
        if answer == Answer::Done {
            self.keep_request(email);
        }
        answer
    }

    pub(crate) async fn delete_account(&mut self, word: &str) -> Answer {
        self.act("/profile/delete", &[("confirm", word.to_owned())]).await
    }

    /// The account's data export, through this caller's door.
    pub(crate) async fn export(&mut self) -> Value {
        let path = if self.door == Door::Json { "/api/profile/export" } else { "/profile/export" };
        self.get(path).await.json()
    }

    /// The ids of all live sessions of the account, the last used first, and which one is the current one.
    pub(crate) async fn sessions(&mut self) -> Vec<(String, bool)> {
        let export = self.export().await;
        let sessions = export["sessions"].as_array().unwrap().iter();
        let shown = |it: &Value| (it["id"].as_str().unwrap().to_owned(), it["current"].as_bool().unwrap());
        sessions.map(shown).collect()
    }

    /// Takes the requests of another caller too, as if they had been copied over.
    pub(crate) fn take_requests_of(&mut self, other: &Self) {
        self.requests.clone_from(&other.requests);
        let is_request = |cookie: &&(String, String)| cookie.0 == "gatepost_request";
        self.cookies.retain(|cookie| !is_request(&cookie));
        self.cookies.extend(other.cookies.iter().filter(is_request).cloned());
    }

    /// A browser with the same session, whichever door it came through: for what a page shows.
    pub(crate) fn in_browser(&self) -> Self {
        let cookies = vec![("gatepost_session".to_owned(), self.session())];
        Self { door: Door::Pages, bearer: None, cookies, ..self.clone() }
    }

    /// The same for a program.
    pub(crate) fn in_program(&self) -> Self {
        Self { door: Door::Json, bearer: Some(self.session()), cookies: vec![], ..self.clone() }
    }
}
