//! The simulator's settings as the program tells them.
//!
//! It does not know how they are followed.

use accession_core::behaviour::{Behaviour, SETTINGS};

/// The widest line.
const WIDTH: usize = 80;

/// Those that are not the default, with their values.
pub(crate) fn changed(settings: &Behaviour) -> impl Iterator<Item = (&'static str, &'static str)> {
    SETTINGS.iter().filter_map(|setting| {
        let value = settings.get(setting.name)?;
        (value != setting.values[0].0).then_some((setting.name, value))
    })
}

/// All of them, and what each value means.
pub(crate) fn help() -> String {
    let mut text = "\
Where the API's reference is silent, a setting says what the simulator does. The
first value of each is the default.

Usage: accession-server --setting NAME=VALUE ...
"
    .to_owned();
    for setting in SETTINGS {
        wrapped(&mut text, &format!("\n{}", setting.name), "", 0);
        wrapped(&mut text, "  ", setting.sentence, 2);
        wrapped(&mut text, "  Known: ", &format!("{}.", setting.source), 9);
        for (value, means) in setting.values {
            wrapped(&mut text, &format!("    {value:<14}"), means, 18);
        }
    }
    text.truncate(text.trim_end().len());
    text
}

/// Running text behind a label; its further lines begin where the label ends.
fn wrapped(text: &mut String, label: &str, value: &str, indent: usize) {
    let mut line = label.to_owned();
    let mut begins = true;
    for word in value.split(' ') {
        if !begins && line.len() + 1 + word.len() > WIDTH {
            text.push_str(&line);
            text.push('\n');
            line = " ".repeat(indent);
            begins = true;
        }
        if !begins {
            line.push(' ');
        }
        line.push_str(word);
        begins = false;
    }
    text.push_str(&line);
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_are_told_and_fit_a_terminal() {
        let text = help();
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH), "{text}");
        for setting in SETTINGS {
            assert!(text.contains(&format!("\n{}\n  {}", setting.name, &setting.sentence[..8])));
            for (value, _) in setting.values {
                assert!(text.contains(&format!("\n    {value} ")), "{value}");
            }
        }
    }

    #[test]
    fn only_what_differs_is_told() {
        let mut settings = Behaviour::default();
        assert_eq!(changed(&settings).count(), 0);
        settings.set("expired", "shown").unwrap();
        assert_eq!(changed(&settings).collect::<Vec<_>>(), [("expired", "shown")]);
    }
}
