//! Patients as the API shows and takes them.

use domain::{AccountId, PatientId};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::patient::model::Sex;

/// A person in care.
#[derive(Clone, Serialize, ToSchema)]
pub(crate) struct Patient {
    #[schema(value_type = Uuid)]
    pub(crate) id: PatientId,
    /// The value of `ETag` and `If-Match`.
    pub(crate) version: i64,
    #[schema(value_type = Option<Uuid>, required = true)]
    pub(crate) account_id: Option<AccountId>,
    pub(crate) display_name: String,
    pub(crate) date_of_birth: Date,
    pub(crate) sex: Sex,
    #[schema(required = true)]
    pub(crate) pronouns: Option<String>,
    #[schema(required = true)]
    pub(crate) phone: Option<String>,
    #[schema(required = true)]
    pub(crate) email: Option<String>,
    /// A BCP 47 language tag, for example `en` or `fr-CA`.
    #[schema(required = true)]
    pub(crate) preferred_language: Option<String>,
}

/// A page of patients.
#[derive(Serialize, ToSchema)]
pub(crate) struct PatientList {
    pub(crate) items: Vec<Patient>,
    /// Where the next page starts; null on the last.
    #[schema(required = true)]
    pub(crate) next_cursor: Option<String>,
}

/// A patient to be made.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewPatient {
    #[schema(min_length = 1, max_length = 120)]
    pub(crate) display_name: String,
    pub(crate) date_of_birth: Date,
    pub(crate) sex: Sex,
    #[serde(default)]
    #[schema(max_length = 40)]
    pub(crate) pronouns: Option<String>,
    #[serde(default)]
    #[schema(max_length = 32)]
    pub(crate) phone: Option<String>,
    #[serde(default)]
    #[schema(max_length = 254)]
    pub(crate) email: Option<String>,
    #[serde(default)]
    #[schema(max_length = 35)]
    pub(crate) preferred_language: Option<String>,
}

/// Changes to a patient: a member left out stays as it is, null clears it.
#[derive(Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PatientChange {
    #[schema(min_length = 1, max_length = 120)]
    pub(crate) display_name: Option<String>,
    pub(crate) date_of_birth: Option<Date>,
    pub(crate) sex: Option<Sex>,
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<String>, max_length = 40)]
    pub(crate) pronouns: Option<Option<String>>,
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<String>, max_length = 32)]
    pub(crate) phone: Option<Option<String>>,
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<String>, max_length = 254)]
    pub(crate) email: Option<Option<String>>,
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<String>, max_length = 35)]
    pub(crate) preferred_language: Option<Option<String>>,
}

/// Tells "null" from "left out": a present member is always `Some`.
fn present<'de, D, T>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::deserialize(deserializer).map(Some)
}

/// Which patients to look for. In a body: a name has no place in an address.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct PatientSearch {
    /// Part of a name, in any case.
    #[schema(max_length = 120)]
    pub(crate) query: Option<String>,
    /// `next_cursor` of the page before.
    pub(crate) cursor: Option<String>,
    /// 50 when left out.
    #[schema(minimum = 1, maximum = 100)]
    pub(crate) limit: Option<u32>,
}
