//! Session descriptions of a bot: offers as a browser with one camera would write them, for one
//! peer connection (JSEP, RFC 9429), and what is needed of the answers.

use std::fmt::Write as _;
use std::net::{IpAddr, SocketAddr};

use crate::error::LoadError;
use crate::rtp::header::{ABSOLUTE_SEND_TIME, MID, TRANSPORT_SEQUENCE};
use crate::rtp::{RTX, VP8};

/// What an offer says of this side.
#[derive(Debug, Clone)]
pub(crate) struct Local {
    pub(crate) ufrag: String,
    pub(crate) password: String,
    /// SHA-256 of the certificate, in hexadecimal with colons.
    pub(crate) fingerprint: String,
    /// The SSRCs of the camera and of its retransmissions; none for who sends nothing.
    pub(crate) camera: Option<(u32, u32)>,
    /// Sections to receive in.
    pub(crate) receiving: u32,
}

impl Local {
    /// The offer; each has a higher `version`.
    pub(crate) fn offer(&self, version: u32) -> String {
        let sending = u32::from(self.camera.is_some());
        let mut sdp = format!("v=0\r\no=- 1 {version} IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n");
        sdp.push_str("a=group:BUNDLE");
        for mid in 0..sending + self.receiving {
            write(&mut sdp, format_args!(" {mid}"));
        }
        sdp.push_str("\r\na=msid-semantic: WMS bot\r\n");
        if let Some((ssrc, rtx)) = self.camera {
            self.section(&mut sdp, 0, "sendonly");
            write(
                &mut sdp,
                format_args!(
                    "a=msid:bot camera\r\na=ssrc-group:FID {ssrc} {rtx}\r\n\
                     a=ssrc:{ssrc} cname:bot\r\na=ssrc:{rtx} cname:bot\r\n"
                ),
            );
        }
        for mid in sending..sending + self.receiving {
            self.section(&mut sdp, mid, "recvonly");
        }
        sdp
    }

    fn section(&self, sdp: &mut String, mid: u32, direction: &str) {
        let Self {
            ufrag,
            password,
            fingerprint,
            ..
        } = self;
        write(
            sdp,
            format_args!(
                "m=video 9 UDP/TLS/RTP/SAVPF {VP8} {RTX}\r\n\
                 c=IN IP4 0.0.0.0\r\na=rtcp:9 IN IP4 0.0.0.0\r\n\
                 a=ice-ufrag:{ufrag}\r\na=ice-pwd:{password}\r\na=ice-options:trickle\r\n\
                 a=fingerprint:sha-256 {fingerprint}\r\na=setup:actpass\r\na=mid:{mid}\r\n\
                 a=extmap:{ABSOLUTE_SEND_TIME} http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time\r\n\
                 a=extmap:{TRANSPORT_SEQUENCE} http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\r\n\
                 a=extmap:{MID} urn:ietf:params:rtp-hdrext:sdes:mid\r\n\
                 a={direction}\r\na=rtcp-mux\r\na=rtcp-rsize\r\n\
                 a=rtpmap:{VP8} VP8/90000\r\na=rtcp-fb:{VP8} transport-cc\r\n\
                 a=rtcp-fb:{VP8} ccm fir\r\na=rtcp-fb:{VP8} nack\r\na=rtcp-fb:{VP8} nack pli\r\n\
                 a=rtpmap:{RTX} rtx/90000\r\na=fmtp:{RTX} apt={VP8}\r\n"
            ),
        );
    }
}

fn write(sdp: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    let _ = sdp.write_fmt(text);
}

/// What an answer says of the other side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Remote {
    pub(crate) ufrag: String,
    pub(crate) password: String,
    pub(crate) fingerprint: String,
    /// The first UDP candidate on a loopback address.
    pub(crate) address: SocketAddr,
    /// Whether the other side begins DTLS.
    pub(crate) active: bool,
}

impl Remote {
    pub(crate) fn parse(answer: &str) -> Result<Self, LoadError> {
        let lacks = |what: &str| LoadError::Protocol(format!("an answer without {what}"));
        let value = |name: &str| {
            let mut lines = answer.lines();
            lines.find_map(|line| line.trim_end().strip_prefix(name))
        };
        let fingerprint = value("a=fingerprint:sha-256 ").ok_or_else(|| lacks("fingerprint"))?;
        Ok(Self {
            ufrag: value("a=ice-ufrag:").ok_or_else(|| lacks("ufrag"))?.into(),
            password: value("a=ice-pwd:").ok_or_else(|| lacks("password"))?.into(),
            fingerprint: fingerprint.to_ascii_lowercase(),
            address: answer
                .lines()
                .find_map(candidate)
                .ok_or_else(|| lacks("UDP candidate on loopback"))?,
            active: value("a=setup:") == Some("active"),
        })
    }
}

/// `a=candidate:1 1 udp 2130706175 127.0.0.1 7882 typ host …`
fn candidate(line: &str) -> Option<SocketAddr> {
    let rest = line.strip_prefix("a=candidate:")?;
    let fields: Vec<&str> = rest.split_whitespace().collect();
    let [_, _, protocol, _, ip, port, ..] = fields[..] else {
        return None;
    };
    let ip: IpAddr = ip.parse().ok()?;
    let fits = protocol.eq_ignore_ascii_case("udp") && ip.is_loopback();
    fits.then_some(SocketAddr::new(ip, port.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_gives_the_loopback_candidate() {
        let answer = "v=0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=ice-ufrag:abc\r\n\
             a=ice-pwd:secret\r\na=fingerprint:sha-256 AB:CD\r\na=setup:passive\r\n\
             a=candidate:1 1 udp 5 192.0.2.1 7882 typ host\r\n\
             a=candidate:2 1 tcp 4 127.0.0.1 7882 typ host tcptype passive\r\n\
             a=candidate:3 1 udp 3 127.0.0.1 7883 typ host\r\n";
        let expected = Remote {
            ufrag: "abc".into(),
            password: "secret".into(),
            fingerprint: "ab:cd".into(),
            address: SocketAddr::from(([127, 0, 0, 1], 7883)),
            active: false,
        };
        assert_eq!(Remote::parse(answer).expect("complete"), expected);
        assert!(Remote::parse("v=0\r\n").is_err());
    }

    #[test]
    fn an_independent_stack_reads_the_offer() {
        let local = Local {
            ufrag: "abcd".into(),
            password: "0123456789012345678901".into(),
            fingerprint: "AB:CD".into(),
            camera: Some((1, 2)),
            receiving: 2,
        };
        let offer = local.offer(1);
        let mut reader = std::io::Cursor::new(offer.as_bytes());
        let parsed = rtc::sdp::SessionDescription::unmarshal(&mut reader).expect("SDP");
        assert_eq!(parsed.media_descriptions.len(), 3);
        assert_eq!(
            parsed.attribute("group").map(String::as_str),
            Some("BUNDLE 0 1 2")
        );
    }
}
