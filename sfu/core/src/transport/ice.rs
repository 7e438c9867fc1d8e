//! Local ICE user names that begin with the node's own prefix.
//!
//! str0m draws new credentials when ICE restarts and writes them into the description it makes.
//! So they are renamed twice by the same rule: in the description that goes out, and in the
//! engine once it uses them.

use str0m::{IceCreds, Rtc};

/// `credentials` with a user name that begins with `prefix`.
pub(super) fn named(mut credentials: IceCreds, prefix: &str) -> IceCreds {
    if !credentials.ufrag.starts_with(prefix) {
        credentials.ufrag.insert_str(0, prefix);
    }
    credentials
}

/// Renames the credentials the engine uses.
pub(super) fn rename(rtc: &mut Rtc, prefix: &str) {
    let mut direct = rtc.direct_api();
    let credentials = direct.local_ice_credentials();
    direct.set_local_ice_credentials(named(credentials, prefix));
}

/// Renames the credentials in a description of ours.
pub(super) fn rename_in(description: &str, prefix: &str) -> String {
    const LINE: &str = "a=ice-ufrag:";
    const WORD: &str = " ufrag ";
    let mut renamed = String::with_capacity(description.len() + 8 * prefix.len());
    for line in description.split_inclusive('\n') {
        let at = match line.find(WORD) {
            Some(at) if line.starts_with("a=candidate:") => Some(at + WORD.len()),
            _ if line.starts_with(LINE) => Some(LINE.len()),
            _ => None,
        };
        match at.and_then(|at| line.split_at_checked(at)) {
            Some((head, ufrag)) if !ufrag.starts_with(prefix) => {
                renamed.extend([head, prefix, ufrag]);
            }
            _ => renamed.push_str(line),
        }
    }
    renamed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_user_names_without_the_prefix_change() {
        let text = "v=0\r\na=ice-ufrag:abcd\r\na=ice-pwd: ufrag x\r\n\
                    a=candidate:1 1 udp 1 10.0.0.1 9 typ host ufrag abcd\r\na=ice-ufrag:AAcd\r\n";
        let named = "v=0\r\na=ice-ufrag:AAabcd\r\na=ice-pwd: ufrag x\r\n\
                     a=candidate:1 1 udp 1 10.0.0.1 9 typ host ufrag AAabcd\r\n\
                     a=ice-ufrag:AAcd\r\n";
        assert_eq!(rename_in(text, "AA"), named);
        assert_eq!(rename_in(named, "AA"), named);
        assert_eq!(rename_in(text, ""), text);
    }
}
