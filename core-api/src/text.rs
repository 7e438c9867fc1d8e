//! Free text and addresses people type, brought into the form that is kept.

use crate::refusal::Refusal;

/// `text` without surrounding space, if it has 1 to `max` characters and no control characters.
pub(crate) fn line(field: &'static str, text: &str, max: usize) -> Result<String, Refusal> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Refusal::Field {
            field,
            problem: "This must not be empty.",
        });
    }
    if text.chars().count() > max {
        return Err(Refusal::Field {
            field,
            problem: "This is too long.",
        });
    }
    if text.chars().any(char::is_control) {
        return Err(Refusal::Field {
            field,
            problem: "This must be plain text on one line.",
        });
    }
    Ok(text.to_owned())
}

/// As [`line`], with nothing for null and for blank text.
pub(crate) fn optional_line(
    field: &'static str,
    text: Option<&str>,
    max: usize,
) -> Result<Option<String>, Refusal> {
    text.filter(|text| !text.trim().is_empty())
        .map(|text| line(field, text, max))
        .transpose()
}

/// An e-mail address in lower case, of at most 254 characters (RFC 5321, section 4.5.3.1.3).
/// Only the shape is checked; a message to it is the only real proof.
pub(crate) fn email(field: &'static str, text: &str) -> Result<String, Refusal> {
    let text = line(field, text, 254)?.to_lowercase();
    let shape = text.split_once('@').is_some_and(|(local, host)| {
        !local.is_empty() && host.contains('.') && !host.starts_with('.') && !host.ends_with('.')
    });
    if !shape || text.contains(char::is_whitespace) || text.matches('@').count() != 1 {
        return Err(Refusal::Field {
            field,
            problem: "This is not an e-mail address.",
        });
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_kept_in_lower_case() {
        assert_eq!(
            email("email", " Ana.Roy@Mail.example ").unwrap(),
            "ana.roy@mail.example"
        );
        for bad in [
            "",
            "ana",
            "ana@",
            "@mail.example",
            "a@b",
            "a b@mail.example",
            "a@b@c.d",
        ] {
            assert!(email("email", bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_line_is_one_line_within_its_bound() {
        assert_eq!(line("name", "  Ana  ", 3).unwrap(), "Ana");
        for bad in ["", "   ", "Anna", "a\nb", "a\0b"] {
            assert!(line("name", bad, 3).is_err(), "{bad:?}");
        }
        assert_eq!(optional_line("name", Some("  "), 3).unwrap(), None);
    }
}
