//! What a client reports on what it receives.

use std::time::{Duration, Instant};

use super::Egress;
use super::rtcp::{self, Feedback};
use crate::bandwidth::twcc;
use crate::batch::Path;

/// What a client's report means to a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Report {
    /// These packets of the stream with this SSRC shall be sent again.
    Missing(u32, Vec<u16>),
    /// The stream with this SSRC cannot be decoded.
    PictureLost(u32),
    /// How the stream with this SSRC arrives: packets lost since its beginning, and jitter in
    /// ticks of its clock.
    Arrives(u32, i32, u32),
}

impl Egress {
    /// Reads a client's report. What concerns the room is handed to `each`. True when the engine
    /// must see it too: it was not for us alone, or cannot be read here.
    pub(crate) fn receive_report(
        &mut self,
        now: Instant,
        from: Path,
        sealed: &[u8],
        mut each: impl FnMut(Report),
    ) -> bool {
        let Some(keys) = &mut self.keys else {
            return true;
        };
        let Some(compound) = keys.reports.open(sealed) else {
            return false;
        };
        // Authentic and new: whoever sent it has the keys and is there now.
        self.path = Some(from);
        let (reports, rtt, bandwidth) = (&self.reports, &mut self.rtt, &mut self.bandwidth);
        let (mut own, mut worst) = (false, None);
        rtcp::read(compound, |feedback| match feedback {
            Feedback::Own => own = true,
            Feedback::Reception(reception) => {
                worst = Some(reception.lost.max(worst.unwrap_or(0.0)));
                each(Report::Arrives(
                    reception.ssrc,
                    reception.lost_in_all,
                    reception.jitter,
                ));
                let told = reports.iter().rev();
                let mut told = told.filter(|(time, _)| *time == reception.last_report);
                if let Some((_, at)) = told.next() {
                    let held = Duration::from_micros(u64::from(reception.since) * 15_625 / 1_024);
                    *rtt = Some(now.saturating_duration_since(*at).saturating_sub(held));
                }
            }
            Feedback::Missing { ssrc, list } => {
                each(Report::Missing(ssrc, rtcp::missing(list).collect()));
            }
            Feedback::PictureLost { ssrc } => each(Report::PictureLost(ssrc)),
            Feedback::TransportWide(packet) => {
                if let (Some(bandwidth), Ok(feedback)) =
                    (bandwidth.as_mut(), twcc::Feedback::parse(packet))
                {
                    bandwidth.feedback(now, feedback.packets());
                }
            }
            Feedback::Estimate(bitrate) => {
                if let Some(bandwidth) = bandwidth {
                    bandwidth.remb(now, bitrate);
                }
            }
        });
        if let Some(worst) = worst {
            self.loss = worst;
            if let Some(bandwidth) = &mut self.bandwidth {
                bandwidth.receiver_report(now, worst, self.rtt);
            }
        }
        own
    }
}
