//! OpenAPI schemas of words that `domain` defines, made from its own lists so that they cannot
//! drift apart.

use std::borrow::Cow;

use domain::{ErrorCode, Role, VisitState};
use utoipa::openapi::schema::{Object, ObjectBuilder, Schema, Type};
use utoipa::openapi::{ContentBuilder, RefOr, Response, ResponseBuilder};
use utoipa::{PartialSchema, ToSchema};

macro_rules! word_schemas {
    ($($(#[$doc:meta])* $name:ident = $schema:literal, $words:expr;)+) => {$(
        $(#[$doc])*
        pub(crate) struct $name;

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                union($words).into()
            }
        }

        impl ToSchema for $name {
            fn name() -> Cow<'static, str> {
                Cow::Borrowed($schema)
            }
        }
    )+};
}

word_schemas! {
    /// Stands for [`domain::Role`].
    RoleName = "Role", Role::ALL.map(Role::name);
    /// Stands for [`domain::VisitState`].
    VisitStateName = "VisitState", VisitState::ALL.map(VisitState::name);
    /// Stands for [`domain::ErrorCode`].
    ErrorCodeName = "ErrorCode", ErrorCode::ALL.iter().map(|code| code.name());
}

fn union(words: impl IntoIterator<Item = &'static str>) -> Object {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(words))
        .build()
}

/// What every operation may answer instead of its success.
pub(crate) fn problem_response() -> Response {
    ResponseBuilder::new()
        .description("A problem document (RFC 9457); `code` is stable")
        .content(
            "application/problem+json",
            ContentBuilder::new()
                .schema(Some(utoipa::openapi::Ref::from_schema_name("Problem")))
                .build(),
        )
        .build()
}
