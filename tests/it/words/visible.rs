//! The text of a page.

/// The text of a page and of the attributes that are read out or shown; no code, and no tags.
pub(super) fn visible(html: &str) -> String {
    const NOT_PROSE: [&str; 4] = ["code", "pre", "style", "script"];
    let mut text = String::new();
    let mut rest = html;
    while let Some((before, from)) = rest.split_once('<') {
        text.push_str(before);
        text.push(' ');
        let (tag, after) = from.split_once('>').unwrap_or((from, ""));
        for (name, value) in attributes(tag) {
            let is_shown = !["class", "content", "d", "style"].contains(&name) && !name.starts_with("hx-");
            if is_shown && value.contains(' ') {
                text.push_str(value);
                text.push('\n');
            }
        }
        let name = tag.split(' ').next().unwrap_or_default();
        rest = match NOT_PROSE.iter().find(|it| **it == name) {
            Some(name) => after.split_once(&format!("</{name}>")).map_or("", |(_, rest)| rest),
            None => after,
        };
    }
    text + rest
}

fn attributes(tag: &str) -> impl Iterator<Item = (&str, &str)> {
    let pieces: Vec<&str> = tag.split('"').collect();
    let names = pieces.clone().into_iter().step_by(2);
    names
        .zip(pieces.into_iter().skip(1).step_by(2))
        .map(|(before, value)| (before.trim_end_matches('=').rsplit(' ').next().unwrap_or_default(), value))
}

#[test]
fn the_visible_text_of_a_page_has_no_tags_and_no_code() {
    let page =
        r#"<p class="a letter" title="A title">One <b>two</b><code>letters</code></p><img alt="An image">"#;
    let text = visible(page);
    assert_eq!(text.split_whitespace().collect::<Vec<_>>().join(" "), "A title One two An image");
}
