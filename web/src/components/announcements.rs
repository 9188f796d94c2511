//! What is read aloud: one polite region, one assertive.

use yew::prelude::*;

use crate::lab::Lab;

/// What is read aloud.
pub(crate) fn announcements(lab: &Lab) -> Html {
    html! {
        <div class="acc-spoken">
            <p role="status">{lab.news()}</p>
            <p role="alert">{lab.alarm()}</p>
        </div>
    }
}
