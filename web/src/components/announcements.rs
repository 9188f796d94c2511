//! What is read aloud: one polite region, one assertive.

use super::element::{El, el};
use super::loading::said;
use crate::lab::Lab;

/// What is read aloud.
pub(crate) fn announcements(lab: &Lab) -> El {
    el("div.acc-spoken")
        .child(said(el("p").attr("role", "status"), &lab.news()))
        .child(said(el("p").attr("role", "alert"), &lab.alarm()))
}
