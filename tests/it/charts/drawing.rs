//! The drawings are well-formed SVG under our content security policy.

use std::collections::HashSet;

/// Asserts that each drawing of a page is well-formed, is named, and needs no style and no script.
#[track_caller]
pub(super) fn assert_is_drawn_well(page: &str) {
    let figures: Vec<&str> =
        page.split("<figure>").skip(1).map(|it| it.split_once("</figure>").unwrap().0).collect();
    assert_eq!(figures.len(), 5);
    let mut ids = HashSet::new();
    for figure in figures {
        let (svg, rest) = figure.split_once("</svg><details>").expect("a drawing, and then a table");
        let svg = format!("{svg}</svg>");
        let (_, caption) = rest.split_once("</details><figcaption>").expect("and then a sentence");
        assert!(caption.trim_end_matches("</figcaption>").ends_with('.'), "{caption}");
        assert_is_well_formed(&svg);
        for tag in svg.split('<').skip(1) {
            let (tag, _) = tag.split_once('>').unwrap();
            let is_allowed = !tag.starts_with("style") && !tag.starts_with("script");
            assert!(
                is_allowed && !["style=", "onload", "onclick", "href"].iter().any(|it| tag.contains(it)),
                "{tag}"
            );
        }
        let label = svg.split_once("aria-labelledby=\"").unwrap().1.split_once('"').unwrap().0;
        for id in label.split(' ') {
            assert_eq!(svg.matches(&format!(" id=\"{id}\"")).count(), 1, "{id}");
        }
        for id in svg.split(" id=\"").skip(1).map(|rest| rest.split_once('"').unwrap().0) {
            assert!(ids.insert(id.to_owned()), "{id} is there twice");
        }
        for pattern in svg.split("url(#").skip(1).map(|rest| rest.split_once(')').unwrap().0) {
            assert!(svg.contains(&format!("<pattern id=\"{pattern}\"")), "{pattern}");
        }
    }
}

/// Every tag that is opened is closed, in order, and every attribute has a value.
#[track_caller]
fn assert_is_well_formed(svg: &str) {
    let mut open = Vec::new();
    for part in svg.split('<').skip(1) {
        let (tag, _) = part.split_once('>').expect("a tag ends");
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name), "{svg}");
            continue;
        }
        let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
        assert_eq!(attributes.matches('"').count() % 2, 0, "{tag}");
        assert_eq!(attributes.matches("=\"").count() * 2, attributes.matches('"').count(), "{tag}");
        open.push(name.to_owned());
    }
    assert!(open.is_empty(), "{open:?}");
}
