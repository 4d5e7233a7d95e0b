//! What to do now (`next` of a reply), by service and code or state.
//!
//! Where the documents are silent the row has this library's reason: the patient stands at the
//! counter, so it names what gets them served. What is not in a table is never `settle` or
//! `charge`.

use super::codes::meaning;
use super::services::{
    GEN_PAY_CERT, SELF_TEST, SERVICES, SIGNED_QUERY, Service, TOKEN_PWD_CHECK_NOTC, TOKEN_PWD_STAS,
};

macro_rules! next {
    ($($(#[$doc:meta])* $name:ident = $word:literal,)*) => {
        /// What to do now.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Next {
            $($(#[$doc])* $name,)*
        }

        impl Next {
            /// Every one of them.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// As replies spell it.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)*
                }
            }
        }
    };
}

next! {
    /// Go on and settle.
    Settle = "settle",
    /// Ask for the status again.
    Wait = "wait",
    /// Send the notice again.
    Resend = "resend",
    /// Check the password offline (B §1.5).
    OfflineCheck = "offline_check",
    /// Another app's code, and a new scan.
    OtherApp = "other_app",
    /// Get the certificate.
    GetCertificate = "get_certificate",
    /// Charge exactly the amount, with the certificate.
    Charge = "charge",
    /// Scan the patient's code again.
    Rescan = "rescan",
    /// Ask the payment channel whether the charge was made, and report it.
    ConfirmCharge = "confirm_charge",
    /// It is paid: charge nothing.
    AlreadyPaid = "already_paid",
    /// Pay in another way.
    OtherPayment = "other_payment",
    /// The same again, later.
    RetryLater = "retry_later",
    /// `genPayCert` again with the same serial number and the same amount, never a new serial.
    Retry = "retry",
    /// The program that called has to be put right.
    FixRequest = "fix_request",
    /// The configuration or the machine has to be put right.
    FixSetup = "fix_setup",
    /// Ask the e-voucher centre.
    AskCentre = "ask_centre",
}

use Next::*;

/// What to do after one code.
#[derive(Debug, Clone, Copy)]
pub struct After {
    /// In the order of [`SERVICES`].
    services: [Next; SERVICES.len()],
    /// On a path that no document lists.
    path: Next,
    /// In the self-test: whoever reads it is setting a machine up.
    check: Next,
}

/// The same whatever was called.
pub(super) const fn always(next: Next) -> After {
    After {
        services: [next; SERVICES.len()],
        path: next,
        check: next,
    }
}

/// By service: `tokenPwdCheckNotc`, `tokenPwdStas`, `signedQuery`, `genPayCert`.
pub(super) const fn each(services: [Next; SERVICES.len()]) -> After {
    After {
        services,
        ..always(AskCentre)
    }
}

/// No answer of use. A notice leads to the offline check (B §1.4.3.2 (8) A); asking again changes
/// nothing; whether a certificate was issued is unknown.
pub(super) const AFTER_NO_ANSWER: After = each([OfflineCheck, Wait, RetryLater, Retry]);

/// The same, where the notice may simply be sent again (B §1.4.4 (5) A).
pub(super) const AFTER_A_FAILURE: After = each([Resend, Wait, RetryLater, Retry]);

impl After {
    pub(super) const fn in_notice(mut self, next: Next) -> Self {
        self.services[0] = next;
        self
    }

    pub(super) const fn in_check(self, check: Next) -> Self {
        Self { check, ..self }
    }
}

/// What to do after a 0: service, the value of its state field (`None`: any), what, and why.
#[rustfmt::skip]
static STATES: &[(&Service, Option<&str>, Next, &str)] = &[
    (&TOKEN_PWD_CHECK_NOTC, Some("1"), Wait, "B §1.4.3.2 (5)(6): the patient verifies, then the status"),
    (&TOKEN_PWD_CHECK_NOTC, Some("0"), Resend, "B §1.4.4 (5) A: the notice may be sent again"),
    (&TOKEN_PWD_STAS, Some("1"), Settle, "B §1.4.3.2 (6) B, §1.6.2 (9) B"),
    (&TOKEN_PWD_STAS, Some("0"), Wait, "B §1.4.3.2 (6) A, §1.6.2 (9) A"),
    (&SIGNED_QUERY, Some("1"), GetCertificate, "A §1.4.3.2 (6)"),
    (&SIGNED_QUERY, Some("0"), OtherPayment, "A §1.5.1: not signed up"),
    (&SIGNED_QUERY, Some("2"), OtherPayment, "A §1.5.1: signed up, not usable"),
    (&GEN_PAY_CERT, None, Charge, "A §1.4.3.2 (9)"),
];

/// What to do after any code but a centre's 0.
pub fn after_code(service: Option<&Service>, code: i32) -> Next {
    let after = meaning(code).map_or(always(AskCentre), |known| known.next);
    match service {
        Some(service) if *service == SELF_TEST => after.check,
        Some(service) => {
            let place = SERVICES.iter().position(|known| *known == service);
            place.map_or(after.path, |place| after.services[place])
        }
        None => after.path,
    }
}

/// What to do after a 0, with the value of the service's state field.
pub fn after_state(service: &Service, state: &str) -> Next {
    let fits = |value: &Option<&str>| value.is_none_or(|value| value == state);
    STATES
        .iter()
        .find(|(of, value, ..)| *of == service && fits(value))
        .map_or(AskCentre, |(_, _, next, _)| *next)
}
