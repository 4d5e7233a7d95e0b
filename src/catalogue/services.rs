//! The catalogue of the centre's services: names, paths, fields and limits, and what each state means,
//! in one table; and the flows, as far as the counter goes.

use super::Words;
use super::next_words::Next::{self, *};
use std::borrow::Cow;

/// What a field's value must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A JSON string that is not empty.
    Text,
    /// A plain decimal, as a number or a string (`totalAmount`); it goes out as a number.
    Decimal,
    /// A string of digits with at most two decimals, greater than 0 (`ownPaySetlAmt`). A JSON
    /// number is refused: whoever made it out of a float is not certain of its digits.
    Payment,
    /// One of these words.
    Word(&'static [&'static str]),
}

/// One field of a request.
#[derive(Debug)]
pub struct Field {
    /// As the documents spell it.
    pub name: &'static str,
    /// At most so many characters (VARCHAR2), counted as characters, not as bytes.
    pub max: usize,
    /// What its value must be.
    pub kind: Kind,
    /// 必填.
    pub required: bool,
}

/// What a cashier can ask for, a service or a flow, and what there is to do when it comes to nothing.
#[derive(Debug, PartialEq, Eq)]
pub struct Desk {
    /// The service's name, or the flow's.
    pub name: &'static str,
    /// How the patient is served without it: the offline check, or another payment.
    pub otherwise: Next,
    /// What asking for the same again is.
    pub again: Next,
    /// What to do when no answer came.
    pub unanswered: Next,
    /// What to do after a fault of this library: nobody knows how far it got.
    pub fault: Next,
}

/// What a value of the state field means.
#[derive(Debug)]
pub struct Outcome {
    /// The value; any, where it is `None`.
    pub state: Option<&'static str>,
    /// What to do now.
    pub next: Next,
    /// The section that says so.
    pub reason: &'static str,
    /// The same for the operator's screen: what is known now.
    pub known: Words,
}

/// One of the services.
#[derive(Debug)]
pub struct Service {
    /// Its name, the last part of its path.
    pub name: &'static str,
    /// What the cashier does about it.
    pub desk: Desk,
    /// The path behind `localUrl`.
    pub path: &'static str,
    /// The export that is nothing but a call of it.
    pub function: &'static str,
    /// The document, and the section of it.
    pub section: &'static str,
    /// Whether a request changes something: then it goes out on a fresh connection and is never
    /// repeated by this library.
    pub changes: bool,
    /// The request's fields, in the documents' order.
    pub fields: &'static [Field],
    /// The reply's fields, in the documents' order.
    pub reply: &'static [&'static str],
    /// The one of them that carries the state of the transaction.
    pub state: &'static str,
    /// What its values mean. With any other one the patient is served in another way.
    pub states: &'static [Outcome],
}

const fn state(
    state: Option<&'static str>,
    next: Next,
    reason: &'static str,
    known: Words,
) -> Outcome {
    Outcome {
        state,
        next,
        reason,
        known,
    }
}

const fn desk(name: &'static str, [otherwise, again, unanswered, fault]: [Next; 4]) -> Desk {
    Desk {
        name,
        otherwise,
        again,
        unanswered,
        fault,
    }
}

const fn required(name: &'static str, max: usize) -> Field {
    Field {
        name,
        max,
        kind: Kind::Text,
        required: true,
    }
}

const TOKEN: Field = required("token", 40);
const ORG_CODG: Field = required("orgCodg", 40);
/// 40 characters in A §1.5.1 and B §1.7.1, but 200 in A §1.5.2: one hospital has one name, and
/// refusing what the centre would accept is worse than passing on what it refuses.
const ORG_NAME: Field = required("orgName", 200);
const OPTER_ID: Field = required("opterId", 40);
const OPTER_NAME: Field = required("opterName", 40);
const DEV_ID: Field = required("devId", 40);
const DEV_IP: Field = required("devIP", 40);
const AMOUNT: Field = Field {
    name: "ownPaySetlAmt",
    max: 20,
    kind: Kind::Payment,
    required: true,
};

/// Online password check: notify.
#[rustfmt::skip] // A row is read at a glance.
pub static TOKEN_PWD_CHECK_NOTC: Service = Service {
    name: "tokenPwdCheckNotc",
    desk: desk("tokenPwdCheckNotc", [OfflineCheck, Resend, OfflineCheck, OfflineCheck]),
    path: "/cfc/api/tokenPwdCheckNotc",
    function: "ev_token_pwd_check_notc",
    section: "B 1.7.1",
    changes: true,
    fields: &[
        TOKEN,
        ORG_CODG,
        ORG_NAME,
        Field {
            name: "totalAmount",
            // BigDecimal: the document sets no length, so this is only a bound.
            max: 40,
            kind: Kind::Decimal,
            required: false,
        },
    ],
    reply: &["resBizNo", "notcFlag"],
    state: "notcFlag",
    states: &[
        state(Some("1"), Wait, "B §1.4.3.2 (5)(6): the patient verifies, then the status", ["核验通知已发出", "The notice was sent"]),
        state(Some("0"), Resend, "B §1.4.4 (5) A: the notice may be sent again", ["核验通知没有送出", "The notice could not be sent"]),
    ],
};

#[rustfmt::skip] // A row is read at a glance.
const VERIFIED_OR_NOT: &[Outcome] = &[
    state(Some("1"), Settle, "B §1.4.3.2 (6) B, §1.6.2 (9) B", ["密码已核验", "The password is verified"]),
    state(Some("0"), Wait, "B §1.4.3.2 (6) A, §1.6.2 (9) A", ["参保人还没有在应用里核验通过", "The patient has not verified in the app yet"]),
];

/// Online password check: status.
pub static TOKEN_PWD_STAS: Service = Service {
    name: "tokenPwdStas",
    desk: desk("tokenPwdStas", [OfflineCheck, Wait, Wait, OfflineCheck]),
    path: "/cfc/api/tokenPwdStas",
    function: "ev_token_pwd_stas",
    section: "B 1.7.2",
    changes: false,
    fields: &[TOKEN, ORG_CODG],
    reply: &["checkStas", "resBizNo"],
    state: "checkStas",
    states: VERIFIED_OR_NOT,
};

/// One-code pay: status.
#[rustfmt::skip] // A row is read at a glance.
pub static SIGNED_QUERY: Service = Service {
    name: "signedQuery",
    desk: desk("signedQuery", [OtherPayment, RetryLater, RetryLater, OtherPayment]),
    path: "/cfc/api/signedQuery",
    function: "ev_signed_query",
    section: "A 1.5.1",
    changes: false,
    fields: &[
        TOKEN, ORG_CODG, ORG_NAME, OPTER_ID, OPTER_NAME, DEV_ID, DEV_IP,
    ],
    reply: &["stasFlag", "abnRea", "payChnlUserName", "payChnlName"],
    state: "stasFlag",
    states: &[
        state(Some("1"), GetCertificate, "A §1.4.3.2 (6)", ["可以用一码付", "One-code pay can be used"]),
        state(Some("0"), OtherPayment, "A §1.5.1: not signed up", ["参保人未签约一码付", "The patient has not signed up for one-code pay"]),
        state(Some("2"), OtherPayment, "A §1.5.1: signed up, not usable", ["参保人已签约一码付，但现在不可用", "The patient has signed up for one-code pay, but cannot use it now"]),
    ],
};

/// One-code pay: certificate.
#[rustfmt::skip] // A row is read at a glance.
pub static GEN_PAY_CERT: Service = Service {
    name: "genPayCert",
    desk: desk("genPayCert", [OtherPayment, Retry, Retry, Retry]),
    path: "/cfc/api/genPayCert",
    function: "ev_gen_pay_cert",
    section: "A 1.5.2",
    changes: true,
    fields: &[
        TOKEN,
        AMOUNT,
        ORG_CODG,
        ORG_NAME,
        OPTER_ID,
        OPTER_NAME,
        DEV_ID,
        DEV_IP,
        required("fixmedinsTrnsSn", 200),
    ],
    reply: &["payCert", "payChnlUserName", "payChnlName"],
    state: "payCert",
    states: &[
        state(None, Charge, "A §1.4.3.2 (9)", ["已取得付款凭据", "The certificate is there"]),
    ],
};

/// What the self-test sends: the service that only reads, by another name, since what to do after
/// its codes is another matter.
pub static SELF_TEST: Service = Service {
    name: "check",
    desk: desk("check", [FixSetup; 4]),
    path: "/cfc/api/tokenPwdStas",
    function: "ev_check",
    section: "B 1.7.2",
    changes: false,
    fields: &[TOKEN, ORG_CODG],
    reply: &["checkStas", "resBizNo"],
    state: "checkStas",
    states: VERIFIED_OR_NOT,
};

/// What became of a charge: no service of the centre's, but its fields are checked as theirs are.
pub static REPORT_CHARGE: Service = Service {
    name: "reportCharge",
    desk: desk("reportCharge", [OtherPayment, Retry, Retry, Retry]),
    path: "",
    function: "ev_report_charge",
    section: "A 1.4.3.3",
    changes: false,
    fields: &[
        ORG_CODG,
        required("fixmedinsTrnsSn", 200),
        AMOUNT,
        Field {
            name: "outcome",
            max: 7,
            kind: Kind::Word(&["paid", "failed", "unknown"]),
            required: true,
        },
    ],
    reply: &["outcome", "known"],
    state: "outcome",
    states: &[],
};

/// All of them.
pub static SERVICES: [&Service; 4] = [
    &TOKEN_PWD_CHECK_NOTC,
    &TOKEN_PWD_STAS,
    &SIGNED_QUERY,
    &GEN_PAY_CERT,
];

/// The flow from the notice to the verified password.
pub static VERIFY_PASSWORD: Desk = desk(
    "verifyPassword",
    [OfflineCheck, Resend, OfflineCheck, OfflineCheck],
);

/// The flow that judges a settlement.
pub static SETTLE_GATE: Desk = desk("settleGate", [OfflineCheck, Wait, Wait, OfflineCheck]);

/// The flow from the question to the certificate.
pub static ONE_CODE_PAY: Desk = desk("oneCodePay", [OtherPayment, RetryLater, RetryLater, Retry]);

/// Where every service's path begins.
pub const PATH_PREFIX: &str = "/cfc/api/";

/// What a call is addressed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// One of the documents'.
    Known(&'static Service),
    /// Another path of the centre, of which nothing is known: it may change something.
    Path(String),
}

impl PartialEq for Service {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Service {}

impl Target {
    /// A service by its name, or a path of the centre.
    pub fn find(name: &str) -> Option<Self> {
        let known = SERVICES
            .iter()
            .find(|service| service.name == name || service.path == name);
        if let Some(service) = known {
            return Some(Self::Known(service));
        }
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
        let is_name = |part: &str| !matches!(part, "" | ".") && !part.contains("..");
        let mut parts = name.strip_prefix(PATH_PREFIX)?.split('/');
        let is_path = parts.all(|part| is_name(part) && part.chars().all(is_plain));
        // Another spelling of a known service would go round what is checked and guarded there;
        // some servers take `name.json` for `name`.
        let stem = name.split('.').next().unwrap_or(name);
        let is_known = |service: &&Service| service.path.eq_ignore_ascii_case(stem);
        (is_path && !SERVICES.iter().any(is_known)).then(|| Self::Path(name.to_owned()))
    }

    /// The service, if it is one of the documents'.
    pub fn known(&self) -> Option<&'static Service> {
        match self {
            Self::Known(service) => Some(service),
            Self::Path(_) => None,
        }
    }

    /// The service's name, or the path.
    pub fn name(&self) -> Cow<'static, str> {
        match self {
            Self::Known(service) => service.name.into(),
            Self::Path(path) => path.clone().into(),
        }
    }

    /// The path behind `localUrl`.
    pub fn path(&self) -> &str {
        match self {
            Self::Known(service) => service.path,
            Self::Path(path) => path,
        }
    }

    /// Whether a request may change something.
    pub fn changes(&self) -> bool {
        self.known().is_none_or(|service| service.changes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_the_centre() {
        assert_eq!(
            Target::find("signedQuery"),
            Some(Target::Known(&SIGNED_QUERY))
        );
        assert_eq!(
            Target::find("/cfc/api/genPayCert"),
            Some(Target::Known(&GEN_PAY_CERT))
        );
        assert!(Target::find("/cfc/api/other").is_some());
        for wrong in [
            "other",
            "/other",
            "/cfc/api/",
            "/cfc/api/a?b",
            "/cfc/api/../x",
            "/cfc/api/a b",
            "/cfc/api/genPayCert/",
            "/cfc/api//genPayCert",
            "/cfc/api/./genPayCert",
            "/cfc/api/x/../genPayCert",
            "/cfc/api/genPayCert/.",
            "/cfc/api/GENPAYCERT",
            "/cfc/api/genPayCert.json",
            "/cfc/api/genPayCert%2F",
        ] {
            assert_eq!(Target::find(wrong), None, "{wrong}");
        }
    }
}
