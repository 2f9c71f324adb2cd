//! The HTML part of an email: one card, light or dark. Nothing is fetched from anywhere.
//!
//! Each element carries its own style, because many mail programs drop the style block. The block
//! only adds what an email can do without: dark colours, and a wide button on a phone.

use std::fmt::Write;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::draft::{Block, Draft};

const DARK: &str = "@media (prefers-color-scheme: dark) { \
    .page { background: #121817 !important } \
    .card { background: #1b2322 !important; border-color: #303b39 !important } \
    .ink { color: #e9efed !important } \
    .soft { color: #a3b1ae !important } \
    .code { background: #121817 !important; border-color: #303b39 !important; color: #e9efed !important } \
    .button { background: #5fd0c1 !important } \
    .label { color: #06231f !important } \
    .link { color: #5fd0c1 !important } }";
const PHONE: &str = "@media (max-width: 480px) { \
    .margin { padding: 12px 8px !important } \
    .sheet { padding: 24px 20px 20px !important } \
    .action { max-width: none !important } }";

const FONT: &str =
    "font-family: system-ui, -apple-system, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif; ";
const PREVIEW: &str = "display: none; max-height: 0; overflow: hidden; mso-hide: all";
const PAGE: &str = "margin: 0; padding: 0; background: #f4f5f2";
const CARD: &str = "max-width: 480px; background: #ffffff; border: 1px solid #d9deda; border-radius: 12px";
const NAME: &str = "margin: 0 0 20px; font-size: 14px; line-height: 20px; font-weight: 600; color: #566260";
const TITLE: &str = "margin: 0 0 20px; font-size: 22px; line-height: 28px; font-weight: 650; color: #1b2423";
const PARAGRAPH: &str = "margin: 0 0 14px; font-size: 16px; line-height: 24px; color: #1b2423";
const REMARK: &str = "margin: 0 0 10px; font-size: 14px; line-height: 21px; color: #566260";
const SHEET: &str =
    "padding: 28px 28px 24px; text-align: left; overflow-wrap: anywhere; word-break: break-word; ";
const ACTION: &str = "max-width: 280px; margin: 0 0 12px";
const BUTTON: &str = "background: #0f766e; border-radius: 8px";
const LABEL: &str = "display: block; padding: 13px 16px; font-size: 16px; line-height: 20px; \
    font-weight: 600; color: #ffffff; text-decoration: none";
const LINK: &str = "margin: 0 0 24px; font-size: 13px; line-height: 20px; word-break: break-all";
const LINK_INK: &str = "color: #0f766e; text-decoration: underline";
const CODE: &str = "padding: 14px 12px; background: #f4f5f2; border: 1px solid #d9deda; \
    border-radius: 8px; font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: 32px; \
    line-height: 40px; font-weight: 600; letter-spacing: 6px; text-indent: 6px; color: #1b2423; -webkit-user-select: all; \
    user-select: all";

pub(super) fn written(draft: &Draft, name: &str) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="supported-color-schemes" content="light dark";
                title { (draft.title) }
                style { (PreEscaped(":root { color-scheme: light dark }")) (PreEscaped(DARK)) (PreEscaped(PHONE)) }
            }
            body.page style=(PAGE) {
                div style=(PREVIEW) { (draft.preview) }
                (sheet(draft, name))
            }
        }
    };
    seven_bit(&page.into_string())
}

fn sheet(draft: &Draft, name: &str) -> Markup {
    html! {
        table.page role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style=(PAGE) {
            tr {
                td.margin align="center" style="padding: 32px 12px" {
                    table.card role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style=(CARD) {
                        tr {
                            td.sheet style={ (SHEET) (FONT) } {
                                p.soft style=(NAME) { (name) }
                                h1.ink style=(TITLE) { (draft.title) }
                                @for block in &draft.blocks { (drawn(block)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn drawn(block: &Block) -> Markup {
    html! {
        @match block {
            Block::Paragraph(words) => p.ink style=(PARAGRAPH) { (words) },
            Block::Remark(words) => p.soft style=(REMARK) { (words) },
            Block::Autofill(_) => {},
            Block::Link { label, link } => {
                table.action role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style=(ACTION) {
                    tr {
                        td.button align="center" bgcolor="#0f766e" style=(BUTTON) {
                            a.label href=(link) style={ (FONT) (LABEL) } { (label) }
                        }
                    }
                }
                p style=(LINK) { a.link href=(link) style=(LINK_INK) { (link) } }
            },
            Block::Code(code) => {
                table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="margin: 0 0 20px" {
                    tr { td.code align="center" style=(CODE) { (code) } }
                }
            },
        }
    }
}

/// ASCII in short lines, so that no mail server has a reason to encode or break it.
fn seven_bit(page: &str) -> String {
    let page = page.replace("><", ">\n<");
    let mut plain = String::with_capacity(page.len());
    for c in page.chars() {
        if c.is_ascii() {
            plain.push(c);
        } else {
            write!(plain, "&#{};", u32::from(c)).expect("writing to a String never fails");
        }
    }
    plain.push('\n');
    plain
}
