//! The people of the load: coordinators of the demo clinic, each at an address of their own.

use auth::SystemEntropy;
use domain::Entropy as _;
use hyper::StatusCode;
use serde_json::json;

use super::client::{Connection, Visitor};
use crate::error::LoadError;
use crate::node::Node;

/// Somebody who can sign in.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    email: String,
    password: String,
    pub(crate) visitor: Visitor,
}

impl Person {
    /// Signs in, as from a browser that nobody knows.
    pub(crate) async fn sign_in(&mut self, connection: &mut Connection) -> Result<(), LoadError> {
        let body = json!({"email": self.email, "password": self.password});
        let nobody = Visitor {
            cookie: String::new(),
            address: self.visitor.address.clone(),
        };
        let answer = connection.post(&nobody, "/sessions", &body).await?;
        let answer = answer.expect(StatusCode::CREATED, "a sign-in")?;
        let missing = || LoadError::Protocol("a sign-in set no cookie".to_owned());
        self.visitor.cookie = answer.cookie.ok_or_else(missing)?;
        Ok(())
    }
}

/// The demo account of this role.
pub(crate) fn demo(node: &Node, role: &str) -> Result<Person, LoadError> {
    let lines = node.said();
    let account = lines.iter().find_map(|line| {
        let mut words = line.strip_prefix("demo")?.split_whitespace();
        (words.next()? == role).then(|| Some((words.next()?, words.next()?)))?
    });
    let missing = || LoadError::Protocol(format!("the demo has no {role}"));
    let (email, password) = account.ok_or_else(missing)?;
    Ok(Person {
        email: email.to_owned(),
        password: password.to_owned(),
        visitor: Visitor::default(),
    })
}

/// Makes `count` coordinators and signs each in. Addresses are of the range for benchmarks
/// (RFC 2544).
pub(crate) async fn coordinators(node: &Node, count: usize) -> Result<Vec<Person>, LoadError> {
    let mut connection = Connection::open(&node.address).await?;
    let mut admin = demo(node, "clinic_admin")?;
    admin.sign_in(&mut connection).await?;
    let mut people = Vec::with_capacity(count);
    for number in 0..count {
        let mut secret = [0_u8; 16];
        SystemEntropy.fill(&mut secret)?;
        let mut person = Person {
            email: format!("coordinator-{number}@load.example"),
            password: secret.iter().map(|byte| format!("{byte:02x}")).collect(),
            visitor: Visitor {
                cookie: String::new(),
                address: format!("198.18.{}.{}", number / 250, 1 + number % 250),
            },
        };
        let account = json!({
            "email": person.email,
            "display_name": format!("Coordinator {number}"),
            "roles": ["coordinator"],
            "password": person.password,
        });
        connection
            .post(&admin.visitor, "/accounts", &account)
            .await?
            .expect(StatusCode::CREATED, "an account")?;
        person.sign_in(&mut connection).await?;
        people.push(person);
    }
    Ok(people)
}
