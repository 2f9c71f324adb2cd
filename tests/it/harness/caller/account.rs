//! What a caller does about the account, in the words of scenarios.

use serde_json::Value;

use super::{Answer, Caller, Door, path_of};

impl Caller {
    /// Asks for a letter to set a new password.
    pub(crate) async fn forgot_password(&mut self, email: &str) -> Answer {
        self.ask_at("/forgot-password", vec![("email", email.to_owned())], email, None).await
    }

    /// Redeems the link of such a letter with a new password, holding what this caller holds.
    pub(crate) async fn reset_by_link(&mut self, link: &str, password: &str) -> Answer {
        let mut fields = vec![("password", password.to_owned())];
        if self.door == Door::Json {
            fields.extend(self.newest_request());
        }
        self.act(&path_of(link), &fields).await
    }

    /// Types its code, and the new password beside it.
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

    /// Asks for a code to prove once more who is signed in.
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

    /// All that the account takes out of here, through this caller's door.
    pub(crate) async fn export(&mut self) -> Value {
        let path = if self.door == Door::Json { "/api/profile/export" } else { "/profile/export" };
        self.get(path).await.json()
    }

    /// The ids of all live sessions of the account, the last used first, and which one is this.
    pub(crate) async fn sessions(&mut self) -> Vec<(String, bool)> {
        let export = self.export().await;
        let sessions = export["sessions"].as_array().unwrap().iter();
        let shown = |it: &Value| (it["id"].as_str().unwrap().to_owned(), it["current"].as_bool().unwrap());
        sessions.map(shown).collect()
    }

    /// Holds the requests of another caller too, as if they had been copied over.
    pub(crate) fn take_requests_of(&mut self, other: &Self) {
        self.requests.clone_from(&other.requests);
        let is_request = |cookie: &&(String, String)| cookie.0 == "gatepost_request";
        self.cookies.retain(|cookie| !is_request(&cookie));
        self.cookies.extend(other.cookies.iter().filter(is_request).cloned());
    }

    /// A browser with the same session, whatever door it came through: for what a page shows.
    pub(crate) fn in_browser(&self) -> Self {
        let cookies = vec![("gatepost_session".to_owned(), self.session())];
        Self { door: Door::Pages, bearer: None, cookies, ..self.clone() }
    }

    /// The same for a program.
    pub(crate) fn in_program(&self) -> Self {
        Self { door: Door::Json, bearer: Some(self.session()), cookies: vec![], ..self.clone() }
    }
}
