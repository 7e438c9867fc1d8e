//! Which passwords may be chosen (NIST SP 800-63B, section 3.1.1.2): long enough, and not among
//! the first an attacker would try. Nothing is asked about kinds of characters.

use std::collections::HashSet;
use std::ops::RangeInclusive;
use std::sync::LazyLock;

/// Code points a password may have.
const LENGTH: RangeInclusive<usize> = 8..=128;
/// What the product is called.
const PRODUCT: &str = "bedside";
/// Letters that a password must have beside names.
const OF_ITS_OWN: usize = 4;

pub(super) const LENGTH_PROBLEM: &str = "A password has 8 to 128 characters.";
pub(super) const COMMON_PROBLEM: &str =
    "This password is known to attackers. Choose one that nobody else uses.";
const NAME_PROBLEM: &str =
    "This password holds little more than a name, an address or the clinic. Choose another.";
const PATTERN_PROBLEM: &str = "This password only repeats or counts. Choose another.";

/// Common passwords of eight characters and more, in lower case, one a line.
static COMMON: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    let lines = include_str!("common.txt").lines();
    lines.filter(|line| !line.starts_with('#')).collect()
});

/// What is known of the person whose password it will be.
#[derive(Default)]
pub(crate) struct About(Vec<String>);

impl About {
    /// The words in `texts`: the person's name and address, the clinic's name.
    pub(crate) fn new<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        let texts = texts.into_iter().map(str::to_lowercase);
        let mut words: Vec<String> = texts
            .chain([PRODUCT.to_owned()])
            .flat_map(|text| {
                let words = text.split(|letter: char| !letter.is_alphanumeric());
                words.map(str::to_owned).collect::<Vec<_>>()
            })
            // Syllables are in every word; a sign of Chinese is not.
            .filter(|word| word.chars().count() > if word.is_ascii() { 2 } else { 1 })
            .collect();
        // Long ones first, so that none is hidden by a part of it.
        words.sort_unstable_by_key(|word| std::cmp::Reverse(word.len()));
        Self(words)
    }
}

/// Whether `password`, in its normal form, may be chosen; otherwise what is wrong, as a sentence.
pub(super) fn check(password: &str, about: &About) -> Result<(), &'static str> {
    if !LENGTH.contains(&password.chars().count()) {
        return Err(LENGTH_PROBLEM);
    }
    let folded = password.to_lowercase();
    // "Password2026!" is "password" with a hat on.
    let bare = folded.trim_matches(|letter: char| !letter.is_alphabetic());
    if COMMON.contains(folded.as_str()) || COMMON.contains(bare) {
        return Err(COMMON_PROBLEM);
    }
    if repeats(&folded) || counts(&folded) {
        return Err(PATTERN_PROBLEM);
    }
    let mut rest = folded.clone();
    for word in &about.0 {
        rest = rest.replace(word, " ");
    }
    let own = rest.chars().filter(|letter| letter.is_alphabetic()).count();
    if rest != folded && own < OF_ITS_OWN {
        return Err(NAME_PROBLEM);
    }
    Ok(())
}

/// Whether `text` is one piece of up to four characters, over and over.
fn repeats(text: &str) -> bool {
    let letters: Vec<char> = text.chars().collect();
    (1..=4).any(|piece| {
        letters
            .iter()
            .skip(piece)
            .eq(&letters[..letters.len() - piece])
    })
}

/// Whether each character of `text` follows the one before it, up or down.
fn counts(text: &str) -> bool {
    let codes: Vec<u32> = text.chars().map(u32::from).collect();
    let steps = |step: fn(u32) -> u32| codes.windows(2).all(|pair| step(pair[0]) == pair[1]);
    steps(|code| code + 1) || steps(|code| code.wrapping_sub(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn about() -> About {
        About::new([
            "Amina Osei",
            "amina.osei@mail.example",
            "Harbour Street Clinic",
        ])
    }

    #[test]
    fn the_length_is_counted_in_characters() {
        for good in ["pässwörd mein", "犬が庭で寝ている", &"ü-v ".repeat(32)[..]] {
            let verdict = check(good, &About::default());
            assert!(verdict != Err(LENGTH_PROBLEM), "{good}");
        }
        assert_eq!(check("7 chars", &about()), Err(LENGTH_PROBLEM));
        let long = "correct horse ".repeat(10);
        assert_eq!(check(&long, &about()), Err(LENGTH_PROBLEM));
    }

    #[test]
    fn no_kind_of_character_is_asked_for() {
        for good in [
            "quietharbour",
            "73520961",
            "ruhiger hafen im herbst",
            "🐢🚲🌧🎻🥁🧦🪁🍐",
        ] {
            assert_eq!(check(good, &about()), Ok(()), "{good}");
        }
    }

    #[test]
    fn what_attackers_try_first_is_refused() {
        for bad in [
            "password",
            "PassWord",
            "Password2026!",
            "12345678",
            "iloveyou",
            "sunshine1",
        ] {
            let refused = [Err(COMMON_PROBLEM), Err(PATTERN_PROBLEM)];
            assert!(refused.contains(&check(bad, &about())), "{bad}");
        }
        for bad in [
            "aaaaaaaaa",
            "abcabcabc",
            "23456789",
            "zyxwvuts",
            "ababababa",
        ] {
            let refused = [Err(COMMON_PROBLEM), Err(PATTERN_PROBLEM)];
            assert!(refused.contains(&check(bad, &about())), "{bad}");
        }
    }

    #[test]
    fn names_alone_are_refused_and_names_within_more_are_not() {
        for bad in [
            "AminaOsei",
            "amina.osei1984",
            "Osei-Bedside-1",
            "HarbourStreet!",
            "clinic-2026",
            "bedside123",
        ] {
            assert_eq!(check(bad, &about()), Err(NAME_PROBLEM), "{bad}");
        }
        assert_eq!(check("amina likes quiet harbours", &about()), Ok(()));
        let other = About::new(["王小明"]);
        assert_eq!(check("王小明19840309", &other), Err(NAME_PROBLEM));
    }

    #[test]
    fn the_list_is_in_the_form_it_is_asked_in() {
        assert!(COMMON.len() > 1_000);
        for word in COMMON.iter() {
            assert!(LENGTH.contains(&word.chars().count()), "{word}");
            assert_eq!(*word, auth::password::normalise(word).to_lowercase());
        }
    }
}
