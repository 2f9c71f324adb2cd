//! What a caller does, in the words of the scenarios.

use hyper::StatusCode;

use super::{Answer, Caller, Door, path_of};

impl Caller {
    /// Registers an address with a password.
    pub(crate) async fn register(&mut self, email: &str, password: &str) -> Answer {
        self.register_for(email, password, None).await
    }

    /// Registers an address with a password and a `next`.
    pub(crate) async fn register_for(&mut self, email: &str, password: &str, next: Option<&str>) -> Answer {
        let fields = vec![("email", email.to_owned()), ("password", password.to_owned())];
        self.ask_at("/register", fields, email, next).await
    }

    /// Signs in with a password.
    pub(crate) async fn sign_in_with_password(&mut self, email: &str, password: &str) -> Answer {
        let fields = [("email", email.to_owned()), ("password", password.to_owned())];
        let answer = self.act("/sign-in/password", &fields).await;
        if answer == Answer::refused(403, "unconfirmed") {
            self.keep_request(email);
        }
        answer
    }

    /// Requests a sign-in email.
    pub(crate) async fn ask(&mut self, email: &str) -> Answer {
        self.ask_for(email, None).await
    }

    /// Requests a sign-in email with a `next`.
    pub(crate) async fn ask_for(&mut self, email: &str, next: Option<&str>) -> Answer {
        self.ask_at("/sign-in", vec![("email", email.to_owned())], email, next).await
    }

    pub(super) async fn ask_at(
        &mut self,
        path: &str,
        mut fields: Vec<(&str, String)>,
        email: &str,
        next: Option<&str>,
    ) -> Answer {
        let same = self.requests.iter().find(|(of, _)| of.eq_ignore_ascii_case(email.trim()));
        match self.door {
            Door::Pages => fields.extend(next.map(|next| ("next", next.to_owned()))),
            Door::Json => fields.extend(same.map(|(_, token)| ("request", token.clone()))),
        }
        let answer = self.act(path, &fields).await;
        if answer == Answer::Done {
            self.keep_request(email);
        }
        answer
    }

    /// Asks to resend the email of the newest request.
    pub(crate) async fn resend(&mut self) -> Answer {
        let fields = self.newest_request();
        let answer = self.act("/resend", &fields).await;
        if answer == Answer::Done
            && let Some((email, _)) = self.requests.first().cloned()
        {
            self.keep_request(&email);
        }
        answer
    }

    /// Enters the code from an email on the waiting page of the newest request.
    pub(crate) async fn type_code(&mut self, code: &str) -> Answer {
        let mut fields = self.newest_request();
        fields.push(("code", code.to_owned()));
        self.act("/code", &fields).await
    }

    /// Looks at a link without doing anything.
    pub(crate) async fn look_at(&mut self, link: &str) -> Answer {
        let path = path_of(link);
        let path = match self.door {
            Door::Pages => path,
            Door::Json => format!("/api{path}"),
        };
        let reply = self.get(&path).await;
        Self::answer(self.door, &reply)
    }

    /// Redeems a link with everything this caller has, as its landing page does by itself.
    pub(crate) async fn follow(&mut self, link: &str) -> Answer {
        let mut fields = vec![];
        if self.door == Door::Json {
            fields.extend(self.requests.first().map(|(_, token)| ("request", token.clone())));
        }
        self.act(&path_of(link), &fields).await
    }

    /// Redeems a link after ticking "I requested this email."
    pub(crate) async fn follow_deliberately(&mut self, link: &str) -> Answer {
        self.act(&path_of(link), &[("confirm", "yes".to_owned())]).await
    }

    /// Redeems a link in a browser that did not request it, after the tick, with a password chosen there.
    pub(crate) async fn confirm_elsewhere(&mut self, link: &str, password: Option<&str>) -> Answer {
        let mut fields = vec![("confirm", "yes".to_owned())];
        // A page sends the field even when it is empty.
        if self.door == Door::Pages || password.is_some() {
            fields.push(("password", password.unwrap_or_default().to_owned()));
        }
        self.act(&path_of(link), &fields).await
    }

    /// Whether the account that is signed in here has a password. A page says it in words, so a
    /// browser's session is read through the other door.
    pub(crate) async fn has_password(&self) -> bool {
        let mut program = Self { door: Door::Json, bearer: Some(self.session()), ..self.clone() };
        let reply = program.get("/api/session").await;
        reply.json()["account"]["has_password"].as_bool().unwrap()
    }

    /// The session token that this caller has, whichever the door.
    pub(crate) fn session(&self) -> String {
        let cookie = self.cookies.iter().find(|(name, _)| name == "gatepost_session");
        cookie.map(|(_, value)| value.clone()).or_else(|| self.bearer.clone()).unwrap()
    }

    /// Who is signed in here: the address, as the door shows it.
    pub(crate) async fn who(&mut self) -> Option<String> {
        match self.door {
            Door::Pages => {
                let reply = self.get("/profile").await;
                (reply.status == StatusCode::OK).then(|| text_of(&reply.body, "address").unwrap())
            }
            Door::Json => {
                let reply = self.get("/api/session").await;
                (reply.status == StatusCode::OK)
                    .then(|| reply.json()["account"]["email"].as_str().unwrap().to_owned())
            }
        }
    }

    pub(crate) async fn sign_out(&mut self) -> Answer {
        self.act("/sign-out", &[]).await
    }

    /// The request token that a program received last.
    pub(crate) fn newest_token(&self) -> String {
        self.requests.first().map(|(_, token)| token.clone()).unwrap()
    }

    /// Keeps what a program received as `request` in the last reply.
    pub(crate) fn keep_request(&mut self, email: &str) {
        let Some(reply) = &self.last else { return };
        if self.door != Door::Json {
            return;
        }
        let token = reply.json()["request"].as_str().unwrap().to_owned();
        self.requests.retain(|(of, kept)| !of.eq_ignore_ascii_case(email) && *kept != token);
        self.requests.insert(0, (email.to_owned(), token));
    }

    pub(crate) fn newest_request(&self) -> Vec<(&'static str, String)> {
        match self.door {
            Door::Pages => vec![],
            Door::Json => {
                self.requests.first().map(|(_, token)| ("request", token.clone())).into_iter().collect()
            }
        }
    }
}

/// The text of the first element of a class in a page.
fn text_of(html: &str, class: &str) -> Option<String> {
    let (_, rest) = html.split_once(&format!("class=\"{class}\">"))?;
    rest.split_once('<').map(|(text, _)| text.to_owned())
}
