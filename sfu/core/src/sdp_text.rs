//! The one place that edits session descriptions as text.
//!
//! str0m makes and reads SDP; what it cannot express is edited here, one media section at a time:
//! the `msid` of an answer or of a section used again, the direction of a section nobody fills,
//! and the order of payload types, by which a LiveKit client chooses its codec.

use crate::MediaKind;
use crate::command::MAX_SDP;

/// More media sections than any client offers; bounds the work of one description.
const MAX_SECTIONS: usize = 256;

/// A session description cut into its lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SdpText {
    session: Vec<String>,
    sections: Vec<SectionText>,
}

/// One media section: from its `m=` line to the next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SectionText {
    lines: Vec<String>,
}

/// `a=sendrecv` and its kin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    SendRecv,
    SendOnly,
    RecvOnly,
    Inactive,
}

/// `a=msid`: which stream and track a section belongs to (RFC 8830).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Msid {
    pub(crate) stream: String,
    pub(crate) track: String,
}

/// The description is not one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SdpTextError {
    #[error("longer than {MAX_SDP} bytes")]
    TooLong,
    #[error("more than {MAX_SECTIONS} media sections")]
    TooManySections,
}

impl SdpText {
    /// Cuts `text` into sections. Line ends may be CRLF or LF; CRLF is written.
    pub(crate) fn parse(text: &str) -> Result<Self, SdpTextError> {
        if text.len() > MAX_SDP {
            return Err(SdpTextError::TooLong);
        }
        let mut sdp = Self {
            session: Vec::new(),
            sections: Vec::new(),
        };
        for line in text.lines().filter(|line| !line.is_empty()) {
            if line.starts_with("m=") {
                if sdp.sections.len() == MAX_SECTIONS {
                    return Err(SdpTextError::TooManySections);
                }
                sdp.sections.push(SectionText { lines: Vec::new() });
            }
            match sdp.sections.last_mut() {
                Some(section) => section.lines.push(line.to_owned()),
                None => sdp.session.push(line.to_owned()),
            }
        }
        Ok(sdp)
    }

    pub(crate) fn sections(&self) -> &[SectionText] {
        &self.sections
    }

    /// The section named `mid`, to edit.
    pub(crate) fn section_mut(&mut self, mid: &str) -> Option<&mut SectionText> {
        self.sections
            .iter_mut()
            .find(|section| section.mid() == Some(mid))
    }
}

impl std::fmt::Display for SdpText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sections = self.sections.iter().flat_map(|section| &section.lines);
        self.session
            .iter()
            .chain(sections)
            .try_for_each(|line| write!(f, "{line}\r\n"))
    }
}

impl SectionText {
    /// Audio or video; none for data channels and anything else.
    pub(crate) fn kind(&self) -> Option<MediaKind> {
        match self.media_fields().next()? {
            "audio" => Some(MediaKind::Audio),
            "video" => Some(MediaKind::Video),
            _ => None,
        }
    }

    pub(crate) fn mid(&self) -> Option<&str> {
        self.attribute("mid:")
    }

    /// The section's direction; `sendrecv` when it says nothing (RFC 8866, section 6.7).
    pub(crate) fn direction(&self) -> Direction {
        self.lines
            .iter()
            .find_map(|line| Direction::of(line))
            .unwrap_or(Direction::SendRecv)
    }

    /// Whether the section is refused or taken out of use: port 0 (RFC 3264, section 6). Sections
    /// bundled with another may say port 0 too, with `a=bundle-only` (RFC 8843, section 6).
    pub(crate) fn is_rejected(&self) -> bool {
        self.media_fields().nth(1) == Some("0") && !self.lines.iter().any(|l| l == "a=bundle-only")
    }

    /// The track half of `a=msid`; none when there is no track id.
    pub(crate) fn track_id(&self) -> Option<&str> {
        self.attribute("msid:")?.split_ascii_whitespace().nth(1)
    }

    /// The RIDs the writer of this description sends, in its order (RFC 8851).
    pub(crate) fn sent_rids(&self) -> Vec<String> {
        self.lines
            .iter()
            .filter_map(|line| {
                let mut words = line.strip_prefix("a=rid:")?.split_ascii_whitespace();
                let rid = words.next()?;
                (words.next()? == "send").then(|| rid.to_owned())
            })
            .collect()
    }

    /// The name of the first codec of the `m=` line that is one: retransmission, redundancy and
    /// telephone events are passed over.
    pub(crate) fn first_codec(&self) -> Option<&str> {
        const HELPERS: [&str; 5] = ["rtx", "red", "ulpfec", "flexfec-03", "telephone-event"];
        self.media_fields()
            .skip(3)
            .filter_map(|payload| self.codec_name(payload))
            .find(|name| {
                !HELPERS
                    .iter()
                    .any(|helper| helper.eq_ignore_ascii_case(name))
            })
    }

    pub(crate) fn set_direction(&mut self, direction: Direction) {
        let line = direction.line();
        match self.lines.iter_mut().find(|l| Direction::of(l).is_some()) {
            Some(old) => line.clone_into(old),
            None => self.lines.push(line.to_owned()),
        }
    }

    /// Writes `msid` in `a=msid` and in every `a=ssrc:… msid:`.
    pub(crate) fn set_msid(&mut self, msid: &Msid) {
        let Msid { stream, track } = msid;
        let mut written = false;
        for line in &mut self.lines {
            if line.starts_with("a=msid:") {
                *line = format!("a=msid:{stream} {track}");
                written = true;
            } else if let Some(rest) = line.strip_prefix("a=ssrc:")
                && let Some((ssrc, attribute)) = rest.split_once(' ')
                && attribute.starts_with("msid:")
            {
                *line = format!("a=ssrc:{ssrc} msid:{stream} {track}");
            }
        }
        if !written {
            self.lines.push(format!("a=msid:{stream} {track}"));
        }
    }

    /// Moves the payload types of `codecs` (lower-case names) to the front of the `m=` line, in
    /// that order, each with its RTX. Codecs the section does not have change nothing.
    pub(crate) fn prefer_codecs(&mut self, codecs: &[String]) {
        let Some(media) = self.lines.first() else {
            return;
        };
        let fields: Vec<&str> = media.split_ascii_whitespace().collect();
        let Some((head, payloads)) = fields.split_at_checked(3) else {
            return;
        };
        let rank = |payload: &str| {
            let main = self.repaired_by(payload).unwrap_or(payload);
            let name = self.codec_name(main);
            codecs
                .iter()
                .position(|codec| name.is_some_and(|name| name.eq_ignore_ascii_case(codec)))
                .unwrap_or(codecs.len())
        };
        let mut ordered = payloads.to_vec();
        ordered.sort_by_key(|payload| rank(payload));
        let line = [head, &ordered].concat().join(" ");
        self.lines[0] = line;
    }

    /// The codec of a payload type, as its `a=rtpmap` names it.
    fn codec_name(&self, payload: &str) -> Option<&str> {
        self.lines.iter().find_map(|line| {
            let (number, rest) = line.strip_prefix("a=rtpmap:")?.split_once(' ')?;
            (number == payload).then(|| rest.split('/').next())?
        })
    }

    /// The payload type that `rtx` retransmits (RFC 4588, section 8.1).
    fn repaired_by(&self, rtx: &str) -> Option<&str> {
        self.lines.iter().find_map(|line| {
            let (number, rest) = line.strip_prefix("a=fmtp:")?.split_once(' ')?;
            let apt = rest.split(';').find_map(|p| p.trim().strip_prefix("apt="));
            if number == rtx { apt } else { None }
        })
    }

    fn media_fields(&self) -> impl Iterator<Item = &str> {
        let media = self.lines.first().and_then(|line| line.strip_prefix("m="));
        media.unwrap_or_default().split_ascii_whitespace()
    }

    fn attribute(&self, name: &str) -> Option<&str> {
        self.lines
            .iter()
            .find_map(|line| line.strip_prefix("a=")?.strip_prefix(name))
    }
}

impl Direction {
    fn of(line: &str) -> Option<Self> {
        match line {
            "a=sendrecv" => Some(Self::SendRecv),
            "a=sendonly" => Some(Self::SendOnly),
            "a=recvonly" => Some(Self::RecvOnly),
            "a=inactive" => Some(Self::Inactive),
            _ => None,
        }
    }

    fn line(self) -> &'static str {
        match self {
            Self::SendRecv => "a=sendrecv",
            Self::SendOnly => "a=sendonly",
            Self::RecvOnly => "a=recvonly",
            Self::Inactive => "a=inactive",
        }
    }

    /// Whether the writer of the description sends.
    pub(crate) fn sends(self) -> bool {
        matches!(self, Self::SendRecv | Self::SendOnly)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const OFFER: &str = "v=0\r\no=- 1 2 IN IP4 0.0.0.0\r\ns=-\r\n\
        m=audio 9 UDP/TLS/RTP/SAVPF 111 63\r\na=mid:0\r\na=sendonly\r\na=msid:- mic\r\n\
        a=rtpmap:111 opus/48000/2\r\na=rtpmap:63 red/48000/2\r\n\
        m=video 9 UDP/TLS/RTP/SAVPF 96 97 98 99 45\r\na=mid:1\r\na=msid:stream cam\r\n\
        a=rid:q send\r\na=rid:h send\r\na=rid:x recv\r\n\
        a=rtpmap:96 VP8/90000\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n\
        a=rtpmap:98 VP9/90000\r\na=fmtp:98 profile-id=0\r\n\
        a=rtpmap:99 rtx/90000\r\na=fmtp:99 apt=98\r\na=rtpmap:45 AV1/90000\r\n\
        a=ssrc:7 cname:c\r\na=ssrc:7 msid:stream cam\r\n\
        m=application 0 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:2\r\n";

    fn offer() -> SdpText {
        SdpText::parse(OFFER).expect("an offer")
    }

    #[test]
    fn reads_sections() {
        let sdp = offer();
        let [audio, video, data] = sdp.sections() else {
            panic!("three sections");
        };
        assert_eq!(audio.kind(), Some(MediaKind::Audio));
        assert_eq!(audio.direction(), Direction::SendOnly);
        assert_eq!(audio.track_id(), Some("mic"));
        assert_eq!(video.mid(), Some("1"));
        assert_eq!(video.direction(), Direction::SendRecv);
        assert_eq!(video.sent_rids(), ["q", "h"]);
        assert_eq!(video.first_codec(), Some("VP8"));
        assert_eq!(data.kind(), None);
        assert!(data.is_rejected() && !video.is_rejected());
    }

    #[test]
    fn an_unedited_description_is_unchanged() {
        assert_eq!(offer().to_string(), OFFER);
    }

    #[test]
    fn edits_only_the_named_section() {
        let mut sdp = offer();
        let video = sdp.section_mut("1").expect("video");
        video.set_direction(Direction::Inactive);
        video.set_msid(&Msid {
            stream: "PA_a|TR_b".into(),
            track: "TR_b".into(),
        });
        let text = sdp.to_string();
        assert!(text.contains("a=msid:PA_a|TR_b TR_b\r\n"));
        assert!(text.contains("a=ssrc:7 msid:PA_a|TR_b TR_b\r\n"));
        assert!(text.contains("a=ssrc:7 cname:c\r\n"));
        assert!(text.contains("a=msid:- mic\r\n"));
        let again = SdpText::parse(&text).expect("still a description");
        assert_eq!(again.sections()[1].direction(), Direction::Inactive);
        assert_eq!(again.sections()[0].direction(), Direction::SendOnly);
        assert!(sdp.section_mut("9").is_none());
    }

    #[test]
    fn codec_order_keeps_rtx_with_its_codec() {
        let mut sdp = offer();
        let video = sdp.section_mut("1").expect("video");
        video.prefer_codecs(&["av1".into(), "vp9".into(), "h265".into()]);
        assert_eq!(video.lines[0], "m=video 9 UDP/TLS/RTP/SAVPF 45 98 99 96 97");
        let before = video.clone();
        video.prefer_codecs(&[]);
        assert_eq!(*video, before);
    }

    #[test]
    fn sizes_are_bounded() {
        let long = "a".repeat(MAX_SDP + 1);
        assert_eq!(SdpText::parse(&long), Err(SdpTextError::TooLong));
        let many = "m=audio 9 x 0\r\n".repeat(MAX_SECTIONS + 1);
        assert_eq!(SdpText::parse(&many), Err(SdpTextError::TooManySections));
    }

    proptest! {
        #[test]
        fn any_text_survives_every_edit(
            lines in proptest::collection::vec(
                prop_oneof![
                    "[ -~]{0,40}",
                    "m=(audio|video|application)?( [0-9]{0,3}){0,6}",
                    "a=(mid|msid|rid|rtpmap|fmtp|ssrc):[ -~]{0,20}",
                    Just("a=recvonly".to_owned()),
                ],
                0..30,
            )
        ) {
            let mut sdp = SdpText::parse(&lines.join("\r\n")).expect("short");
            let count = sdp.sections.len();
            let payloads = |section: &SectionText| {
                let mut fields: Vec<String> =
                    section.lines[0].split_ascii_whitespace().map(str::to_owned).collect();
                fields.sort();
                fields
            };
            for section in &mut sdp.sections {
                let before = payloads(section);
                section.prefer_codecs(&["vp8".into()]);
                prop_assert_eq!(payloads(section), before);
                section.set_direction(Direction::RecvOnly);
                prop_assert_eq!(section.direction(), Direction::RecvOnly);
                section.set_msid(&Msid { stream: "s".into(), track: "t".into() });
                prop_assert_eq!(section.track_id(), Some("t"));
                let _ = (section.kind(), section.sent_rids(), section.is_rejected());
            }
            let again = SdpText::parse(&sdp.to_string()).expect("short");
            prop_assert_eq!(again.sections.len(), count);
        }
    }
}
