//! The authorities that the operating system trusts.
//!
//! Read here and not by a crate that first asks `SSL_CERT_FILE` and `SSL_CERT_DIR`: other programs'
//! set-ups leave those in the environment, and they take the place of all that the system trusts.

use rustls::pki_types::CertificateDer;

/// Those that can be read; none is an answer too, with a `caFile` or a pin.
pub fn of_the_system() -> Vec<CertificateDer<'static>> {
    platform::authorities()
}

#[cfg(not(windows))]
mod platform {
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject;

    /// Where distributions keep all of them in one file.
    const BUNDLES: [&str; 5] = [
        // Debian, Ubuntu, UOS, Kylin desktop
        "/etc/ssl/certs/ca-certificates.crt",
        // RHEL, CentOS, openEuler, Kylin server, Anolis
        "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
        "/etc/pki/tls/certs/ca-bundle.crt",
        // SUSE
        "/etc/ssl/ca-bundle.pem",
        // Alpine, macOS
        "/etc/ssl/cert.pem",
    ];

    pub(super) fn authorities() -> Vec<CertificateDer<'static>> {
        BUNDLES
            .iter()
            .find_map(|bundle| CertificateDer::pem_file_iter(bundle).ok())
            .into_iter()
            .flatten()
            .filter_map(Result::ok)
            .collect()
    }
}

#[cfg(windows)]
mod platform {
    use rustls::pki_types::CertificateDer;
    use schannel::cert_context::{CertContext, ValidUses};
    use schannel::cert_store::CertStore;

    /// id-kp-serverAuth
    const SERVER_AUTH: &str = "1.3.6.1.5.5.7.3.1";

    pub(super) fn authorities() -> Vec<CertificateDer<'static>> {
        // The user's store holds the machine's as well.
        let Ok(store) = CertStore::open_current_user("ROOT") else {
            return Vec::new();
        };
        store
            .certs()
            .filter(is_for_servers)
            .map(|certificate| CertificateDer::from(certificate.to_der().to_vec()))
            .collect()
    }

    fn is_for_servers(certificate: &CertContext) -> bool {
        let is_for_servers = match certificate.valid_uses() {
            Ok(ValidUses::All) => true,
            Ok(ValidUses::Oids(uses)) => uses.iter().any(|usage| usage == SERVER_AUTH),
            Err(_) => false,
        };
        is_for_servers && certificate.is_time_valid().unwrap_or(false)
    }
}
