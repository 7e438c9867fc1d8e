//! One plain sentence about a party's media, for people: honest, short, no blame without cause.

use crate::journal::attribution::Network;
use crate::journal::figures::Figures;

/// Which part somebody plays in a visit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Party {
    /// The patient.
    Patient,
    /// The clinician.
    Clinician,
}

impl Party {
    const fn network(self) -> &'static str {
        match self {
            Self::Patient => "patient's network",
            Self::Clinician => "clinician's network",
        }
    }

    const fn other(self) -> Self {
        match self {
            Self::Patient => Self::Clinician,
            Self::Clinician => Self::Patient,
        }
    }
}

/// What is said of the `figures` of `party`.
pub(crate) fn sentence(figures: &Figures, party: Party) -> String {
    let mut parts = Vec::new();
    if figures.measured_ms == 0 {
        parts.push("Too short to measure".to_owned());
    } else {
        parts.push(audio(figures.audio_intact));
        parts.push(video(figures.video_paused_ms));
    }
    match figures.losses {
        0 => {}
        1 => parts.push("connection lost once".to_owned()),
        2 => parts.push("connection lost twice".to_owned()),
        many => parts.push(format!("connection lost {many} times")),
    }
    if let Some(network) = figures.network {
        let network = match network {
            Network::Own => party.network(),
            Network::Other => party.other().network(),
            Network::Both => "both networks",
        };
        parts.push(network.to_owned());
    }
    parts.join(", ") + "."
}

fn audio(intact: Option<u16>) -> String {
    match intact {
        None => "No audio".to_owned(),
        Some(thousandths) => {
            let (whole, tenth) = (thousandths / 10, thousandths % 10);
            if tenth == 0 {
                format!("Audio intact {whole} %")
            } else {
                format!("Audio intact {whole}.{tenth} %")
            }
        }
    }
}

fn video(paused_ms: Option<u64>) -> String {
    match paused_ms {
        None => "no video".to_owned(),
        Some(0) => "video without a pause".to_owned(),
        Some(ms) => format!("video paused {}", duration(ms.div_ceil(1_000))),
    }
}

fn duration(seconds: u64) -> String {
    match (seconds / 60, seconds % 60) {
        (0, seconds) => format!("{seconds} s"),
        (minutes, 0) => format!("{minutes} min"),
        (minutes, seconds) => format!("{minutes} min {seconds} s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(audio: Option<u16>, video: Option<u64>) -> Figures {
        Figures {
            measured_ms: 60_000,
            audio_intact: audio,
            video_paused_ms: video,
            ..Figures::default()
        }
    }

    #[test]
    fn sentences_are_plain() {
        let of = |figures: &Figures| sentence(figures, Party::Patient);
        let good = figures(Some(1_000), Some(0));
        assert_eq!(of(&good), "Audio intact 100 %, video without a pause.");
        let mut poor = figures(Some(992), Some(40_000));
        poor.network = Some(Network::Own);
        assert_eq!(
            of(&poor),
            "Audio intact 99.2 %, video paused 40 s, patient's network."
        );
        poor.network = Some(Network::Other);
        poor.losses = 1;
        assert_eq!(
            of(&poor),
            "Audio intact 99.2 %, video paused 40 s, connection lost once, clinician's network."
        );
        poor.network = Some(Network::Both);
        poor.losses = 3;
        assert_eq!(
            sentence(&poor, Party::Clinician),
            "Audio intact 99.2 %, video paused 40 s, connection lost 3 times, both networks."
        );
        assert_eq!(of(&figures(None, None)), "No audio, no video.");
        assert_eq!(of(&Figures::default()), "Too short to measure.");
    }

    #[test]
    fn a_clinicians_own_network_is_named_as_such() {
        let mut poor = figures(Some(950), None);
        poor.network = Some(Network::Own);
        assert_eq!(
            sentence(&poor, Party::Clinician),
            "Audio intact 95 %, no video, clinician's network."
        );
    }

    #[test]
    fn durations_read_like_speech_and_never_hide_a_pause() {
        for (ms, said) in [
            (1, "1 s"),
            (1_001, "2 s"),
            (59_000, "59 s"),
            (60_000, "1 min"),
            (200_000, "3 min 20 s"),
        ] {
            let said = format!("Audio intact 100 %, video paused {said}.");
            assert_eq!(
                sentence(&figures(Some(1_000), Some(ms)), Party::Patient),
                said
            );
        }
    }
}
