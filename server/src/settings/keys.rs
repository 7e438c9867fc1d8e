//! Who holds the key-encryption keys.

use std::fmt;
use std::path::PathBuf;

use clap::Args;
use zeroize::Zeroizing;

use super::{Environment, SettingsError};

const CURRENT: &str = "BEDSIDE_MASTER_KEY";
const RETIRED: &str = "BEDSIDE_RETIRED_MASTER_KEYS";

/// The flag; the file has the same name with an underscore.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct KeyArgs {
    /// Program that wraps and unwraps keys by a key service [default: keys/master.key in the data
    /// directory, or BEDSIDE_MASTER_KEY]
    #[arg(long, value_name = "PROGRAM")]
    pub(crate) key_command: Option<PathBuf>,
}

/// Who holds the key-encryption keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum KeySource {
    /// `keys/master.key` in the data directory, and `keys/master-….key` before it.
    Files,
    /// The environment.
    Environment(MasterKeys),
    /// A program of the operator's.
    Command(PathBuf),
}

/// Keys of the environment, the current one first.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct MasterKeys(pub(crate) Vec<Zeroizing<[u8; 32]>>);

impl fmt::Debug for MasterKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKeys(‹secret›)")
    }
}

impl KeySource {
    pub(super) fn merge(
        flags: KeyArgs,
        in_file: Option<PathBuf>,
        environment: &Environment,
    ) -> Result<Self, SettingsError> {
        let command = flags.key_command.or(in_file);
        match (command, &environment.master_key) {
            (Some(_), Some(_)) => Err(SettingsError::TwoKeySources),
            (Some(program), None) => Ok(Self::Command(program)),
            (None, None) => Ok(Self::Files),
            (None, Some(current)) => {
                let mut keys = vec![key(current, CURRENT)?];
                let retired = environment.retired_master_keys.as_ref();
                for text in retired.iter().flat_map(|text| text.split(',')) {
                    keys.push(key(text, RETIRED)?);
                }
                Ok(Self::Environment(MasterKeys(keys)))
            }
        }
    }
}

fn key(text: &str, variable: &'static str) -> Result<Zeroizing<[u8; 32]>, SettingsError> {
    let error = SettingsError::MasterKey { variable };
    let digits = text.trim().as_bytes();
    let mut key = Zeroizing::new([0; 32]);
    if digits.len() != 64 {
        return Err(error);
    }
    for (byte, pair) in key.iter_mut().zip(digits.chunks_exact(2)) {
        let digit = |digit: u8| char::from(digit).to_digit(16);
        let (Some(high), Some(low)) = (digit(pair[0]), digit(pair[1])) else {
            return Err(error);
        };
        *byte = u8::try_from(high * 16 + low).unwrap_or_default();
    }
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(current: &str, retired: Option<&str>) -> Environment {
        Environment {
            master_key: Some(Zeroizing::new(current.to_owned())),
            retired_master_keys: retired.map(|text| Zeroizing::new(text.to_owned())),
            ..Environment::default()
        }
    }

    #[test]
    fn the_environment_holds_the_current_key_and_those_before_it() {
        let (one, two) = ("01".repeat(32), "fE".repeat(32));
        let found = environment(&one, Some(&format!("{two}, {one}")));
        let found = KeySource::merge(KeyArgs::default(), None, &found).expect("valid");
        let keys = [[1; 32], [0xfe; 32], [1; 32]].map(Zeroizing::new).to_vec();
        assert_eq!(found, KeySource::Environment(MasterKeys(keys)));
        assert!(!format!("{found:?}").contains("254"));
    }

    #[test]
    fn what_is_no_key_is_refused_without_repeating_it() {
        for bad in ["", "12", &"zz".repeat(32), &"0".repeat(65)] {
            let found = environment(bad, None);
            let error = KeySource::merge(KeyArgs::default(), None, &found).expect_err("refused");
            assert!(error.to_string().starts_with(CURRENT), "{error}");
        }
        let both = KeyArgs {
            key_command: Some("kms".into()),
        };
        let found = environment(&"0".repeat(64), None);
        assert!(matches!(
            KeySource::merge(both, None, &found),
            Err(SettingsError::TwoKeySources)
        ));
    }
}
