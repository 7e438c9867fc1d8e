//! What letters say. A link or a code, and what to do with it; nothing of a person's health, not
//! even which clinic it is about, for a mailbox is read by others too.

use jiff::Timestamp;
use lettre::message::Mailbox;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::{Address, Message};
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use zeroize::Zeroizing;

/// What a letter is about. A stored name never changes its meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A link to choose a new password.
    PasswordReset,
    /// A link to sign in with.
    SignInLink,
    /// Word that the password was changed.
    PasswordChanged,
}

impl Kind {
    /// The stable name.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::PasswordReset => "password_reset",
            Self::SignInLink => "sign_in_link",
            Self::PasswordChanged => "password_changed",
        }
    }

    const fn subject(self) -> &'static str {
        match self {
            Self::PasswordReset => "Choose a new password",
            Self::SignInLink => "Your link to sign in",
            Self::PasswordChanged => "Your password was changed",
        }
    }
}

/// A letter to be sent.
pub(crate) struct Letter {
    pub(crate) kind: Kind,
    pub(crate) useless_after: Timestamp,
    pub(crate) content: Content,
}

/// Whom a letter goes to and what it says: what is sealed of it.
#[derive(Serialize, Deserialize)]
pub(crate) struct Content {
    to: Zeroizing<String>,
    subject: String,
    text: Zeroizing<String>,
}

impl Letter {
    /// A link to choose a new password.
    pub(crate) fn password_reset(to: &str, link: &str, useless_after: Timestamp) -> Self {
        let text = format!(
            "Hello,\n\nsomebody, we hope you, asked for a new password. Choose it here within half \
             an hour:\n\n{link}\n\nThe link works once. If you did not ask for it, you need not do \
             anything: your password stays as it is.\n"
        );
        Self::new(Kind::PasswordReset, to, text, useless_after)
    }

    /// A link to sign in with.
    pub(crate) fn sign_in_link(to: &str, link: &str, useless_after: Timestamp) -> Self {
        let text = format!(
            "Hello,\n\nopen this link within a quarter of an hour to sign in:\n\n{link}\n\nIt works \
             once. If you did not ask for it, you need not do anything.\n"
        );
        Self::new(Kind::SignInLink, to, text, useless_after)
    }

    /// Word that the password was changed.
    pub(crate) fn password_changed(to: &str, useless_after: Timestamp) -> Self {
        let text = "Hello,\n\nyour password was changed, and wherever you were signed in you are \
             signed out. If this was not you, ask your clinic for help at once.\n";
        Self::new(Kind::PasswordChanged, to, text.to_owned(), useless_after)
    }

    fn new(kind: Kind, to: &str, text: String, useless_after: Timestamp) -> Self {
        Self {
            kind,
            useless_after,
            content: Content {
                to: to.to_owned().into(),
                subject: kind.subject().to_owned(),
                text: text.into(),
            },
        }
    }
}

impl Content {
    /// The message to hand over; none when its address is none that mail can be sent to.
    pub(crate) fn message(&self, id: Uuid, from: &Mailbox, now: Timestamp) -> Option<Message> {
        let to: Address = self.to.parse().ok()?;
        let domain = from.email.domain();
        let message = Message::builder()
            .from(from.clone())
            .to(Mailbox::new(None, to))
            .subject(&self.subject)
            .date(now.into())
            // The same at each try, so that one that arrives twice can be told.
            .message_id(Some(format!("<{id}@{domain}>")))
            .header(ContentType::TEXT_PLAIN)
            .body(self.text.to_string());
        let mut message = message.ok()?;
        // RFC 3834: nobody's out-of-office answers it.
        let name = HeaderName::new_from_ascii_str("Auto-Submitted");
        let value = HeaderValue::new(name, "auto-generated".to_owned());
        message.headers_mut().insert_raw(value);
        Some(message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_is_a_message_with_one_id_and_no_answer_wanted() {
        let link = "https://visits.example/reset-password#secret";
        let letter = Letter::password_reset("ada@mail.example", link, Timestamp::UNIX_EPOCH);
        let from = "Bedside <no-reply@visits.example>".parse().unwrap();
        let id = Uuid::nil();
        let message = letter.content.message(id, &from, Timestamp::UNIX_EPOCH);
        let text = String::from_utf8(message.unwrap().formatted()).unwrap();
        for line in [
            "From: Bedside <no-reply@visits.example>\r\n",
            "To: ada@mail.example\r\n",
            "Subject: Choose a new password\r\n",
            "Message-ID: <00000000-0000-0000-0000-000000000000@visits.example>\r\n",
            "Date: Thu, 01 Jan 1970 00:00:00 +0000\r\n",
            "Auto-Submitted: auto-generated\r\n",
        ] {
            assert!(text.contains(line), "{line} in {text}");
        }
        assert!(text.contains(link), "{text}");
    }

    #[test]
    fn what_is_no_address_is_no_message() {
        for to in [
            "",
            "ada",
            "ada@mail.example\r\nBcc: eve@evil.example",
            "a b@c",
        ] {
            let letter = Letter::password_changed(to, Timestamp::UNIX_EPOCH);
            let from = "no-reply@visits.example".parse().unwrap();
            let message = letter
                .content
                .message(Uuid::nil(), &from, Timestamp::UNIX_EPOCH);
            assert!(message.is_none(), "{to}");
        }
    }
}
