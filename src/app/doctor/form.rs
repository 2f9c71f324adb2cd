//! The forms of a page, as a machine submits them: with what is filled in already, and nothing else.

/// A form that is posted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Form {
    /// Where it is posted.
    pub(super) action: String,
    /// The fields it has before anyone does anything.
    pub(super) fields: Vec<(String, String)>,
    /// The boxes that a person can tick.
    pub(super) boxes: Vec<String>,
    /// Whether a script of the page submits it.
    pub(super) posts_itself: bool,
}

/// The forms of one of our pages that are posted. Our pages close what they open and quote every attribute.
pub(super) fn forms(page: &str) -> Vec<Form> {
    let mut forms = Vec::new();
    let mut open: Option<Form> = None;
    for tag in tags(page) {
        match (tag.name, &mut open) {
            ("form", _) if tag.value("method").as_deref() == Some("post") => {
                let action = tag.value("action").unwrap_or_default();
                let posts_itself = tag.value("data-post-once").is_some();
                open = Some(Form { action, fields: Vec::new(), boxes: Vec::new(), posts_itself });
            }
            ("/form", _) => forms.extend(open.take()),
            ("input", Some(form)) => {
                let Some(name) = tag.value("name") else { continue };
                let kind = tag.value("type").unwrap_or_default();
                let is_box = kind == "checkbox" || kind == "radio";
                if is_box && tag.value("checked").is_none() {
                    form.boxes.push(name);
                } else if kind != "submit" {
                    form.fields.push((name, tag.value("value").unwrap_or_default()));
                }
            }
            _ => {}
        }
    }
    forms
}

/// An opening or closing tag.
struct Tag<'a> {
    name: &'a str,
    attributes: &'a str,
}

fn tags(page: &str) -> impl Iterator<Item = Tag<'_>> {
    page.split('<').skip(1).map(|text| {
        let name_end = text.find([' ', '>']).unwrap_or(text.len());
        let (name, attributes) = text.split_at(name_end);
        Tag { name, attributes: &attributes[..end_of_tag(attributes)] }
    })
}

/// Where a tag ends, outside quotation marks.
fn end_of_tag(attributes: &str) -> usize {
    let mut is_quoted = false;
    let end = attributes.find(|c| {
        is_quoted ^= c == '"';
        c == '>' && !is_quoted
    });
    end.unwrap_or(attributes.len())
}

impl Tag<'_> {
    /// The value of an attribute, empty if it has none.
    fn value(&self, name: &str) -> Option<String> {
        let mut rest = self.attributes;
        while let Some(start) = rest.find(|c: char| !c.is_ascii_whitespace()) {
            rest = &rest[start..];
            let end = rest.find(['=', ' ']).unwrap_or(rest.len());
            let (found, after) = rest.split_at(end);
            let (value, after) = match after.strip_prefix("=\"") {
                Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
                None => ("", after),
            };
            if found == name {
                return Some(unescaped(value));
            }
            rest = after;
        }
        None
    }
}

fn unescaped(value: &str) -> String {
    value.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::{Form, forms};

    #[test]
    fn a_form_has_what_is_filled_in_and_no_tick() {
        let page = "<html><form action=\"/search\"><input name=\"q\"></form>\
            <form data-post-once method=\"post\" action=\"/link/a?b&amp;c\">\
            <input type=\"hidden\" name=\"account\" value=\"none\"><p>a > b</p>\
            <input id=\"confirm\" name=\"confirm\" type=\"checkbox\" value=\"yes\" required>\
            <input name=\"stay\" type=\"checkbox\" value=\"&quot;1&quot;\" checked>\
            <input type=\"password\" name=\"password\"><button type=\"submit\">Go</button></form></html>";
        let field = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let expected = Form {
            action: "/link/a?b&c".into(),
            fields: vec![field("account", "none"), field("stay", "\"1\""), field("password", "")],
            boxes: vec!["confirm".into()],
            posts_itself: true,
        };
        assert_eq!(forms(page), [expected]);
    }
}
