//! A published track, as everybody in the room sees it.

use std::sync::Arc;
use std::time::Duration;

use bus::media::{Layer, MediaKind, PublishTrack, Quality, TrackSid};
use livekit_protocol as lk;

use super::fact;

/// Codecs a client may ask for, by lower-case name, and the MIME type each stands for.
const VIDEO_CODECS: [(&str, &str); 4] = [
    ("vp8", "video/VP8"),
    ("h264", "video/H264"),
    ("vp9", "video/VP9"),
    ("av1", "video/AV1"),
];

/// Simulcast layers of a track at most.
const LAYERS: usize = 3;
/// Audio features of a track at most; the protocol knows fewer.
pub(crate) const FEATURES: usize = 8;

/// A track announced by a client; bound once its media section was seen.
#[derive(Debug)]
pub(crate) struct Track {
    pub(crate) sid: TrackSid,
    pub(crate) cid: String,
    pub(crate) kind: MediaKind,
    /// What others are shown; complete once bound.
    pub(crate) info: lk::TrackInfo,
    /// Whether the SFU met its media section. Until then nobody is told or subscribed.
    pub(crate) bound: bool,
    /// Whether somebody has received it: the publisher is told of the first time only.
    pub(crate) heard: bool,
    /// When it is given up while it is not bound.
    pub(crate) due: Option<Duration>,
    preferred: Vec<String>,
}

/// Why an announcement is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unfit {
    #[error("only audio and video tracks can be published")]
    Kind,
    #[error("a second codec for a published track is not supported")]
    SecondCodec,
    #[error("cid, name, stream or the name of a layer is missing or too long")]
    Text,
}

impl Track {
    /// The track that `request` announces, under the name `sid`.
    pub(crate) fn announced(
        sid: TrackSid,
        request: &lk::AddTrackRequest,
        longest: usize,
    ) -> Result<Self, Unfit> {
        let kind = match lk::TrackType::try_from(request.r#type) {
            Ok(lk::TrackType::Audio) => MediaKind::Audio,
            Ok(lk::TrackType::Video) => MediaKind::Video,
            Ok(lk::TrackType::Data) | Err(_) => return Err(Unfit::Kind),
        };
        if !request.sid.is_empty() {
            return Err(Unfit::SecondCodec);
        }
        let texts = [&request.cid, &request.name, &request.stream];
        let too_long = texts.iter().any(|text| text.len() > longest);
        if request.cid.is_empty() || too_long || !are_named_briefly(&request.layers, longest) {
            return Err(Unfit::Text);
        }
        let preferred = preferred_codecs(kind, request);
        let info = info(&sid, kind, request, preferred.first().map(String::as_str));
        Ok(Self {
            sid,
            cid: request.cid.clone(),
            kind,
            info,
            bound: false,
            heard: false,
            due: None,
            preferred,
        })
    }

    /// What the SFU is told of it.
    pub(crate) fn for_sfu(&self) -> PublishTrack {
        PublishTrack {
            sid: Arc::clone(&self.sid),
            cid: self.cid.clone(),
            kind: self.kind,
            source: fact::source(&self.info),
            preferred_codecs: self.preferred.clone(),
            layers: layers(&self.info),
            encrypted: self.info.encryption != lk::encryption::Type::None as i32,
        }
    }

    /// Its layers, lowest first.
    pub(crate) fn layers(&self) -> Vec<Layer> {
        layers(&self.info)
    }

    /// The layers as the client sends them now. True when they are others than before, with names
    /// that are not too long: everybody is told them.
    #[expect(deprecated, reason = "clients still read the field `layers`")]
    pub(crate) fn set_layers(&mut self, mut layers: Vec<lk::VideoLayer>, longest: usize) -> bool {
        layers.truncate(LAYERS);
        let fits = self.kind == MediaKind::Video && are_named_briefly(&layers, longest);
        if !fits || self.info.layers == layers {
            return false;
        }
        if let Some(codec) = self.info.codecs.first_mut() {
            codec.layers.clone_from(&layers);
        }
        self.info.layers = layers;
        true
    }

    /// The SFU met the media section.
    #[expect(deprecated, reason = "clients still read the field `simulcast`")]
    pub(crate) fn bind(&mut self, mid: String, mime: String, rids: &[String]) {
        self.bound = true;
        self.info.simulcast = rids.len() > 1;
        for codec in &mut self.info.codecs {
            codec.mime_type.clone_from(&mime);
            codec.mid.clone_from(&mid);
        }
        self.info.mime_type = mime;
        self.info.mid = mid;
    }
}

/// Whether the layers that count have names of at most `longest` bytes.
fn are_named_briefly(layers: &[lk::VideoLayer], longest: usize) -> bool {
    let mut names = layers.iter().take(LAYERS).map(|layer| &layer.rid);
    names.all(|name| name.len() <= longest)
}

/// The known ones of the codecs asked for, in their order.
fn preferred_codecs(kind: MediaKind, request: &lk::AddTrackRequest) -> Vec<String> {
    if kind == MediaKind::Audio {
        return Vec::new();
    }
    let asked = request.simulcast_codecs.iter();
    asked
        .map(|codec| codec.codec.to_ascii_lowercase())
        .filter(|name| VIDEO_CODECS.iter().any(|(known, _)| known == name))
        .take(VIDEO_CODECS.len())
        .collect()
}

fn mime(kind: MediaKind, codec: Option<&str>) -> &'static str {
    match kind {
        MediaKind::Audio => "audio/opus",
        MediaKind::Video => VIDEO_CODECS
            .iter()
            .find(|(name, _)| Some(*name) == codec)
            .map_or("video/VP8", |(_, mime)| mime),
    }
}

#[expect(
    deprecated,
    reason = "clients still read the fields `layers` and `stereo`"
)]
fn info(
    sid: &str,
    kind: MediaKind,
    request: &lk::AddTrackRequest,
    codec: Option<&str>,
) -> lk::TrackInfo {
    let mime = mime(kind, codec);
    let mut layers = request.layers.clone();
    layers.truncate(LAYERS);
    let asked = request.simulcast_codecs.first();
    let codecs = asked.map(|asked| lk::SimulcastCodecInfo {
        mime_type: mime.to_owned(),
        cid: request.cid.clone(),
        layers: layers.clone(),
        video_layer_mode: asked.video_layer_mode,
        ..Default::default()
    });
    lk::TrackInfo {
        sid: sid.to_owned(),
        r#type: request.r#type,
        name: request.name.clone(),
        muted: request.muted,
        width: request.width,
        height: request.height,
        disable_dtx: request.disable_dtx,
        source: request.source,
        layers,
        mime_type: mime.to_owned(),
        codecs: codecs.into_iter().collect(),
        stereo: request.stereo,
        disable_red: request.disable_red,
        encryption: request.encryption,
        stream: request.stream.clone(),
        audio_features: request
            .audio_features
            .iter()
            .copied()
            .take(FEATURES)
            .collect(),
        backup_codec_policy: request.backup_codec_policy,
        ..Default::default()
    }
}

/// The announced layers, lowest first.
#[expect(
    deprecated,
    reason = "the one field of TrackInfo that every client fills"
)]
fn layers(info: &lk::TrackInfo) -> Vec<Layer> {
    let mut layers: Vec<Layer> = info
        .layers
        .iter()
        .filter_map(|layer| {
            let quality = quality(layer.quality)?;
            Some(Layer {
                quality,
                width: layer.width,
                height: layer.height,
                bitrate: layer.bitrate,
            })
        })
        .collect();
    layers.sort_by_key(|layer| layer.quality);
    layers
}

/// A LiveKit quality as a step; `OFF` and unknown ones are none.
pub(crate) fn quality(value: i32) -> Option<Quality> {
    match lk::VideoQuality::try_from(value) {
        Ok(lk::VideoQuality::Low) => Some(Quality::Low),
        Ok(lk::VideoQuality::Medium) => Some(Quality::Medium),
        Ok(lk::VideoQuality::High) => Some(Quality::High),
        Ok(lk::VideoQuality::Off) | Err(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(kind: lk::TrackType, codec: &str) -> lk::AddTrackRequest {
        lk::AddTrackRequest {
            cid: "cid".into(),
            r#type: kind as i32,
            simulcast_codecs: vec![lk::SimulcastCodec {
                codec: codec.into(),
                cid: "cid".into(),
                ..Default::default()
            }],
            layers: [2, 0, 1, 3]
                .map(|quality| lk::VideoLayer {
                    quality,
                    ..Default::default()
                })
                .into(),
            ..Default::default()
        }
    }

    #[test]
    fn the_codec_asked_for_is_shown_and_an_unknown_one_becomes_vp8() {
        for (codec, mime, preferred) in [
            ("H264", "video/H264", vec!["h264".to_owned()]),
            ("h266", "video/VP8", vec![]),
        ] {
            let request = request(lk::TrackType::Video, codec);
            let track = Track::announced("TR_1".into(), &request, 64).expect("fit");
            assert_eq!(track.info.mime_type, mime);
            assert_eq!(track.info.codecs[0].mime_type, mime);
            assert_eq!(track.for_sfu().preferred_codecs, preferred);
        }
    }

    #[test]
    fn layers_come_lowest_first_and_at_most_three() {
        let request = request(lk::TrackType::Video, "vp8");
        let track = Track::announced("TR_1".into(), &request, 64).expect("fit");
        let steps: Vec<_> = track.for_sfu().layers.iter().map(|l| l.quality).collect();
        assert_eq!(steps, [Quality::Low, Quality::Medium, Quality::High]);
    }

    #[test]
    fn unfit_announcements_are_told_apart() {
        let sid = || TrackSid::from("TR_1");
        let judge = |request: &lk::AddTrackRequest| Track::announced(sid(), request, 64).err();
        let good = request(lk::TrackType::Video, "vp8");
        assert_eq!(judge(&good), None);
        let data = request(lk::TrackType::Data, "");
        assert_eq!(judge(&data), Some(Unfit::Kind));
        let second = lk::AddTrackRequest {
            sid: "TR_0".into(),
            ..good.clone()
        };
        assert_eq!(judge(&second), Some(Unfit::SecondCodec));
        let long = lk::AddTrackRequest {
            name: "x".repeat(65),
            ..good.clone()
        };
        assert_eq!(judge(&long), Some(Unfit::Text));
        let named = lk::VideoLayer {
            rid: "x".repeat(65),
            ..Default::default()
        };
        let mut track = Track::announced(sid(), &good, 64).expect("fit");
        assert!(!track.set_layers(vec![named.clone()], 64));
        assert!(track.set_layers(vec![named.clone()], 65));
        let long = lk::AddTrackRequest {
            layers: vec![named],
            ..good
        };
        assert_eq!(judge(&long), Some(Unfit::Text));
    }
}
