use serde_json::json;

use super::*;

/// A language with three forms for numbers.
fn speak_another() {
    let messages = json!({
        "Close": "Zavřít",
        "{0} of {1}": "z {1} je tu {0}",
        "{0} files": { "one": "{0} soubor", "few": "{0} soubory", "other": "{0} souborů" },
        "{0} notes": "no forms",
        "Odd": ["not", "a", "text"],
        "{0} left": "zbývá {0} {7} {",
    });
    speak(messages, |number| {
        match number {
            1.0 => "one",
            2.0..5.0 => "few",
            _ => "many",
        }
        .to_owned()
    });
}

fn files(number: u64) -> String {
    count(number, "{0} file", "{0} files")
}

#[test]
fn without_a_catalogue_it_is_english() {
    assert_eq!(say("{0} of {1}", &["3", "7"]), "3 of 7");
    assert_eq!([files(1), files(0), files(2)], ["1 file", "0 files", "2 files"]);
    assert_eq!((found("Close"), word("Close")), (None, "Close".to_owned()));
}

#[test]
fn messages_come_from_the_catalogue_with_their_places_filled() {
    speak_another();
    assert_eq!(say("{0} of {1}", &["3", "7"]), "z 7 je tu 3");
    assert_eq!(found("Close").as_deref(), Some("Zavřít"));
    // What is given is no message, and has no places.
    assert_eq!(say("{0} of {1}", &["Close", "{0}"]), "z {0} je tu Close");
}

#[test]
fn numbers_have_the_forms_of_the_language() {
    speak_another();
    assert_eq!([files(1), files(3), files(9)], ["1 soubor", "3 soubory", "9 souborů"]);
    assert_eq!(counted(5000, "5,000", "{0} file", "{0} files"), "5,000 souborů");
}

#[test]
fn what_a_catalogue_lacks_stays_english() {
    speak_another();
    assert_eq!(say("Send {0}", &["complete"]), "Send complete");
    assert_eq!(count(1, "{0} note", "{0} notes"), "1 note");
    assert_eq!((found("Odd"), found(""), found(" ")), (None, None, None));
    // A message that one cannot understand is shown as it is.
    assert_eq!(say("{0} left", &["04:12"]), "zbývá 04:12 {7} {");
    assert_eq!(say("{…} and {0", &["x"]), "{…} and {0");
}

#[test]
fn a_text_that_comes_as_data_is_put_together_here() {
    speak_another();
    assert_eq!(told(&json!("Close")), "Close");
    assert_eq!(told(&json!({ "say": ["Close"] })), "Zavřít");
    let inside = json!({ "say": ["{0} of {1}", 3, { "count": [2, "{0} file", "{0} files"] }] });
    assert_eq!(told(&inside), "z 2 soubory je tu 3");
    for odd in [json!(null), json!({}), json!({ "say": 7 }), json!({ "count": [] }), json!([])] {
        assert_eq!(told(&odd), "", "{odd}");
    }
}

#[test]
fn what_somebody_else_said_is_marked() {
    let said = Said::read(&json!("it is damaged"));
    assert_eq!(said, Said { text: "it is damaged".to_owned(), quoted: true });
    let said = Said::read(&json!({ "say": ["Now `complete` it."] }));
    assert_eq!(said, Said { text: "Now complete it.".to_owned(), quoted: false });
}
