//! When certificates are valid, for a server that starts with one that no client will accept.

use std::fmt;

use tokio_rustls::rustls::{
    self, CertificateError, RootCertStore,
    client::verify_server_cert_signed_by_trust_anchor,
    pki_types::{CertificateDer, UnixTime},
    server::ParsedCertificate,
};

/// Why a certificate is not valid at a time.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Invalid {
    ExpiredOn(Date),
    ValidFrom(Date),
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ExpiredOn(date) => write!(f, "it expired on {date}"),
            Self::ValidFrom(date) => write!(f, "it is not valid before {date}"),
        }
    }
}

/// Why one of the certificates is not valid now; `None` where all are, or can't be read.
pub(super) fn invalid(chain: &[CertificateDer<'_>], now: UnixTime) -> Option<Invalid> {
    chain
        .iter()
        .find_map(|certificate| invalid_one(certificate, now))
}

/// rustls looks at the dates before anything else, so that an authority or an issuer that is not known does not matter.
fn invalid_one(certificate: &CertificateDer<'_>, now: UnixTime) -> Option<Invalid> {
    let certificate = ParsedCertificate::try_from(certificate).ok()?;
    let roots = RootCertStore::empty();
    let verified = verify_server_cert_signed_by_trust_anchor(&certificate, &roots, &[], now, &[]);
    let rustls::Error::InvalidCertificate(error) = verified.err()? else {
        return None;
    };
    match error {
        CertificateError::ExpiredContext { not_after, .. } => {
            Some(Invalid::ExpiredOn(Date::of(not_after)))
        }
        CertificateError::NotValidYetContext { not_before, .. } => {
            Some(Invalid::ValidFrom(Date::of(not_before)))
        }
        _ => None,
    }
}

/// A day in UTC.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Date {
    year: u64,
    month: u64,
    day: u64,
}

impl Date {
    fn of(time: UnixTime) -> Self {
        const DAY: u64 = 24 * 60 * 60;
        /// The days in 400 years, after which the calendar repeats itself.
        const ERA: u64 = 146_097;
        /// From the 1st of March of the year 0 to the 1st of January 1970.
        const TO_1970: u64 = 719_468;

        // Years are counted from March, so that a leap day is the last of one.
        let days = time.as_secs() / DAY + TO_1970;
        let (era, day) = (days / ERA, days % ERA);
        let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
        let day = day - (365 * year + year / 4 - year / 100);
        let month = (5 * day + 2) / 153;
        let day = day - (153 * month + 2) / 5 + 1;
        let (month, next) = if month < 10 {
            (month + 3, 0)
        } else {
            (month - 9, 1)
        };
        Self {
            year: 400 * era + year + next,
            month,
            day,
        }
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { year, month, day } = self;
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        for (seconds, date) in [
            (0, "1970-01-01"),
            (86_399, "1970-01-01"),
            (951_782_400, "2000-02-29"),
            (951_868_800, "2000-03-01"),
            (1_704_067_199, "2023-12-31"),
            (1_709_164_800, "2024-02-29"),
            (4_107_542_400, "2100-03-01"),
            (253_402_300_799, "9999-12-31"),
        ] {
            let time = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
            assert_eq!(Date::of(time).to_string(), date);
        }
    }
}
