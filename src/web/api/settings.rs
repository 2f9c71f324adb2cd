//! The settings of the server, for administrators.

use poem::web::Data;
use poem_openapi::{Object, OpenApi};
use serde::Serialize;

use super::bearer::Admin;
use super::body::Json;
use super::refusals::{Refusals, Tag};
use crate::web::house::House;
use crate::web::problem::{Code, Problem};
use crate::web::settings;

/// The codes of each operation, besides those of any operation.
pub(super) const REFUSALS: Refusals = &[("settings", &[Code::SignInRequired, Code::AdminRequired])];

/// A setting of the server.
#[derive(Debug, Object, Serialize)]
struct Setting {
    /// Its name, with a dot between section and name.
    key: String,
    /// Its value as text; `null` for a secret.
    #[oai(nullable)]
    value: Option<String>,
    /// Where the value comes from.
    source: String,
    /// Whether it is a secret.
    secret: bool,
}

/// All settings of the server.
#[derive(Debug, Object, Serialize)]
struct Settings {
    /// In the order of the file with all settings.
    settings: Vec<Setting>,
}

impl From<&settings::Setting> for Setting {
    fn from(setting: &settings::Setting) -> Self {
        Self {
            key: setting.key.to_owned(),
            value: setting.value.clone(),
            source: setting.source.as_str().to_owned(),
            secret: setting.is_secret,
        }
    }
}

pub(super) struct Operations;

#[OpenApi(tag = "Tag::Settings")]
impl Operations {
    /// Show the settings
    ///
    /// As the server uses them. Secrets are not shown, nor is what a URL contains of a login.
    #[oai(path = "/admin/settings", method = "get", operation_id = "settings")]
    #[expect(clippy::unused_async, reason = "operations are asynchronous")]
    async fn settings(&self, Data(house): Data<&House>, _admin: Admin) -> Result<Json<Settings>, Problem> {
        Ok(Json(Settings { settings: house.site.settings.iter().map(Setting::from).collect() }))
    }
}
