//! What a patient is.

use domain::{AccountId, ClinicId, PatientId, Pii};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::access::Reach;
use crate::refusal::Refusal;
use crate::text;

/// Administrative sex, as health systems record it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Sex {
    /// Female.
    Female,
    /// Male.
    Male,
    /// Another.
    Other,
    /// Not recorded.
    Unknown,
}

impl Sex {
    const ALL: [Self; 4] = [Self::Female, Self::Male, Self::Other, Self::Unknown];

    /// The stable name in storage.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Female => "female",
            Self::Male => "male",
            Self::Other => "other",
            Self::Unknown => "unknown",
        }
    }

    /// The sex of that stable name.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|sex| sex.name() == name)
    }
}

/// A person in care, as stored.
#[derive(Debug, Clone)]
pub(crate) struct PatientRecord {
    pub(crate) id: PatientId,
    pub(crate) clinic: ClinicId,
    pub(crate) account: Option<AccountId>,
    pub(crate) version: i64,
    pub(crate) details: Details,
    /// What whoever the transaction serves is to the patient; none for one not stored yet.
    pub(crate) reach: Option<Reach>,
}

/// What is known of a person: everything that can be edited.
#[derive(Debug, Clone)]
pub(crate) struct Details {
    pub(crate) display_name: Pii<String>,
    pub(crate) date_of_birth: Date,
    pub(crate) sex: Sex,
    pub(crate) pronouns: Option<Pii<String>>,
    pub(crate) phone: Option<Pii<String>>,
    pub(crate) email: Option<Pii<String>>,
    pub(crate) preferred_language: Option<String>,
}

/// The earliest date of birth taken; older ones are slips of the keyboard.
const EARLIEST: Date = Date::constant(1890, 1, 1);

impl Details {
    /// The details in the form they are kept, if every one has an allowed value at `now`.
    pub(crate) fn checked(self, now: Timestamp) -> Result<Self, Refusal> {
        // A day ahead of UTC somewhere on Earth is no longer the future there.
        let latest = now
            .to_zoned(jiff::tz::TimeZone::UTC)
            .date()
            .tomorrow()
            .unwrap_or(Date::MAX);
        if !(EARLIEST..=latest).contains(&self.date_of_birth) {
            return Err(Refusal::Field {
                field: "date_of_birth",
                problem: "This is not a possible date of birth.",
            });
        }
        let optional = |field, value: Option<Pii<String>>, max| {
            text::optional_line(field, value.as_ref().map(|v| v.reveal().as_str()), max)
                .map(|value| value.map(Pii::new))
        };
        let email = optional("email", self.email, 254)?
            .map(|value| text::email("email", value.reveal()))
            .transpose()?;
        let phone = optional("phone", self.phone, 32)?;
        if phone
            .as_ref()
            .is_some_and(|phone| !is_phone(phone.reveal()))
        {
            return Err(Refusal::Field {
                field: "phone",
                problem: "A phone number has digits, spaces, + - ( ) only.",
            });
        }
        let language = self.preferred_language.as_deref();
        let language = text::optional_line("preferred_language", language, 35)?;
        if language.as_ref().is_some_and(|tag| !is_language_tag(tag)) {
            return Err(Refusal::Field {
                field: "preferred_language",
                problem: "A language is a BCP 47 tag, such as en or fr-CA.",
            });
        }
        let name = text::line("display_name", self.display_name.reveal(), 120)?;
        Ok(Self {
            display_name: Pii::new(name),
            date_of_birth: self.date_of_birth,
            sex: self.sex,
            pronouns: optional("pronouns", self.pronouns, 40)?,
            phone,
            email: email.map(Pii::new),
            preferred_language: language,
        })
    }
}

fn is_phone(text: &str) -> bool {
    text.chars().filter(char::is_ascii_digit).count() >= 3
        && text
            .chars()
            .all(|c| c.is_ascii_digit() || " +-().x".contains(c))
}

/// The shape of BCP 47 (RFC 5646, section 2.1): subtags of 1 to 8 letters and digits.
fn is_language_tag(tag: &str) -> bool {
    tag.split('-').all(|part| {
        (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn details() -> Details {
        Details {
            display_name: Pii::new(" Ana Roy ".into()),
            date_of_birth: Date::constant(1980, 2, 29),
            sex: Sex::Female,
            pronouns: Some(Pii::new(" ".into())),
            phone: Some(Pii::new("+1 (416) 555-0100".into())),
            email: Some(Pii::new("Ana@Mail.example".into())),
            preferred_language: Some("fr-CA".into()),
        }
    }

    fn now() -> Timestamp {
        "2026-11-23T12:00:00Z".parse().unwrap()
    }

    #[test]
    fn details_are_kept_in_one_form() {
        let kept = details().checked(now()).unwrap();
        assert_eq!(kept.display_name.reveal(), "Ana Roy");
        assert_eq!(kept.pronouns, None);
        assert_eq!(kept.email.unwrap().reveal(), "ana@mail.example");
    }

    #[test]
    fn impossible_values_name_their_field() {
        type Spoil = fn(&mut Details);
        let cases: [(&str, Spoil); 5] = [
            ("display_name", |d| d.display_name = Pii::new("  ".into())),
            ("date_of_birth", |d| {
                d.date_of_birth = Date::constant(2026, 12, 1)
            }),
            ("phone", |d| d.phone = Some(Pii::new("call me".into()))),
            ("email", |d| d.email = Some(Pii::new("ana".into()))),
            ("preferred_language", |d| {
                d.preferred_language = Some("français".into())
            }),
        ];
        for (field, spoil) in cases {
            let mut spoiled = details();
            spoil(&mut spoiled);
            let refusal = spoiled.checked(now()).unwrap_err();
            assert!(
                matches!(refusal, Refusal::Field { field: found, .. } if found == field),
                "{field}: {refusal:?}"
            );
        }
    }
}
