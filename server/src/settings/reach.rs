//! From where the node believes and answers what.

use clap::Args;
use core_api::Network;

use super::SettingsError;

/// The flags; the file has the same names with underscores.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct ReachArgs {
    /// Address or range, such as 10.0.0.0/8, of a proxy whose X-Forwarded-For counts; repeat for several [default: those on this machine]
    #[arg(long, value_name = "NETWORK")]
    pub(crate) trusted_proxy: Vec<String>,
    /// Address or range that may read /metrics besides this machine; repeat for several [default: none]
    #[arg(long, value_name = "NETWORK")]
    pub(crate) metrics_from: Vec<String>,
}

/// From where the node believes and answers what.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Reach {
    pub(crate) trusted_proxies: Vec<Network>,
    pub(crate) metrics_from: Vec<Network>,
}

impl Reach {
    pub(super) fn merge(flags: ReachArgs, file: ReachArgs) -> Result<Self, SettingsError> {
        Ok(Self {
            trusted_proxies: networks("--trusted-proxy", flags.trusted_proxy, file.trusted_proxy)?,
            metrics_from: networks("--metrics-from", flags.metrics_from, file.metrics_from)?,
        })
    }
}

fn networks(
    flag: &'static str,
    flags: Vec<String>,
    file: Vec<String>,
) -> Result<Vec<Network>, SettingsError> {
    let named = if flags.is_empty() { file } else { flags };
    let networks = named.into_iter().map(|text| {
        let network = text.parse();
        network.map_err(|_| SettingsError::Network { flag, text })
    });
    networks.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_network_is_named_with_its_flag() {
        let proxy = ReachArgs {
            trusted_proxy: vec!["10.0.0.0/8".into(), "proxy.example".into()],
            ..ReachArgs::default()
        };
        let reader = ReachArgs {
            metrics_from: vec!["prometheus.example".into()],
            ..ReachArgs::default()
        };
        for (args, words) in [
            (proxy, "--trusted-proxy proxy.example"),
            (reader, "--metrics-from prometheus.example"),
        ] {
            let error = Reach::merge(args, ReachArgs::default()).expect_err("refused");
            assert!(error.to_string().contains(words), "{error}");
        }
    }
}
