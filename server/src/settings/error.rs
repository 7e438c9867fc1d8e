//! Why settings cannot be used, each with what to do.

/// The settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SettingsError {
    #[error("the configuration file {path} cannot be read: {source}")]
    Read {
        path: String,
        source: std::io::Error,
    },
    #[error("the configuration file {path} is not valid: {message}")]
    Parse { path: String, message: String },
    #[error("no data directory: name one with --data-dir, or set HOME")]
    NoHome,
    #[error(
        "--public-url must be an http or https origin without a path, such as https://visits.example.org"
    )]
    PublicUrl,
    #[error("--tls-cert and --tls-key belong together: name both or neither")]
    HalfCertificate,
    #[error("a certificate comes from --tls-cert or from --acme-name, not from both: name one")]
    TwoCertificates,
    #[error(
        "--acme-name must be a host name such as visits.example.org, and is needed with every other --acme flag"
    )]
    AcmeName,
    #[error("--acme-directory must be an https URL")]
    AcmeDirectory,
    #[error(
        "--acme-name needs --tls, for instance --tls 0.0.0.0:443: the authority asks at that port whether the name is yours"
    )]
    AcmePort,
    #[error("--turn-host must be a name or an address alone, such as visits.example.org")]
    TurnHost,
    #[error("{flag} {text} is neither an address nor a range of addresses such as 10.0.0.0/8")]
    Network { flag: &'static str, text: String },
    #[error(
        "{variable} must be 64 hexadecimal digits, several of them parted by commas where keys are retired"
    )]
    MasterKey { variable: &'static str },
    #[error(
        "the key-encryption key comes from BEDSIDE_MASTER_KEY or from --key-command, not from both: take one away"
    )]
    TwoKeySources,
    #[error(transparent)]
    Mail(#[from] super::mail::MailError),
    #[error("{url} is not a TURN address; write turn:HOST:PORT?transport=udp or turns:HOST:PORT")]
    TurnUrl { url: String },
}
