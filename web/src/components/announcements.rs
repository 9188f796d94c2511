//! What is read aloud: one polite region, one assertive.

use super::element::{El, el};
use crate::lab::Lab;

/// What is read aloud.
pub(crate) fn announcements(lab: &Lab) -> El {
    el("div.acc-spoken")
        .child(el("p").attr("role", "status").text(&lab.news()))
        .child(el("p").attr("role", "alert").text(&lab.alarm()))
}
