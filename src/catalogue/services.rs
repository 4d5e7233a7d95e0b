//! The catalogue of the centre's services: names, paths, fields and limits, in one table.

/// What a field's value must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A JSON string that is not empty.
    Text,
    /// A plain decimal, as a number or a string (`totalAmount`).
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

/// One of the four services.
#[derive(Debug)]
pub struct Service {
    /// Its name, the last part of its path.
    pub name: &'static str,
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
pub static TOKEN_PWD_CHECK_NOTC: Service = Service {
    name: "tokenPwdCheckNotc",
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
};

/// Online password check: status.
pub static TOKEN_PWD_STAS: Service = Service {
    name: "tokenPwdStas",
    path: "/cfc/api/tokenPwdStas",
    function: "ev_token_pwd_stas",
    section: "B 1.7.2",
    changes: false,
    fields: &[TOKEN, ORG_CODG],
    reply: &["checkStas", "resBizNo"],
    state: "checkStas",
};

/// One-code pay: status.
pub static SIGNED_QUERY: Service = Service {
    name: "signedQuery",
    path: "/cfc/api/signedQuery",
    function: "ev_signed_query",
    section: "A 1.5.1",
    changes: false,
    fields: &[
        TOKEN, ORG_CODG, ORG_NAME, OPTER_ID, OPTER_NAME, DEV_ID, DEV_IP,
    ],
    reply: &["stasFlag", "abnRea", "payChnlUserName", "payChnlName"],
    state: "stasFlag",
};

/// One-code pay: certificate.
pub static GEN_PAY_CERT: Service = Service {
    name: "genPayCert",
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
};

/// What the self-test sends: the service that only reads, by another name, since what to do after
/// its codes is another matter.
pub static SELF_TEST: Service = Service {
    name: "check",
    path: "/cfc/api/tokenPwdStas",
    function: "ev_check",
    section: "B 1.7.2",
    changes: false,
    fields: &[TOKEN, ORG_CODG],
    reply: &["checkStas", "resBizNo"],
    state: "checkStas",
};

/// What became of a charge: no service of the centre's, but its fields are checked as theirs are.
pub static REPORT_CHARGE: Service = Service {
    name: "reportCharge",
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
};

/// All four.
pub static SERVICES: [&Service; 4] = [
    &TOKEN_PWD_CHECK_NOTC,
    &TOKEN_PWD_STAS,
    &SIGNED_QUERY,
    &GEN_PAY_CERT,
];

/// Where every service's path begins.
pub const PATH_PREFIX: &str = "/cfc/api/";

/// What a call is addressed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// One of the four.
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

    /// The service, if it is one of the four.
    pub fn known(&self) -> Option<&'static Service> {
        match self {
            Self::Known(service) => Some(service),
            Self::Path(_) => None,
        }
    }

    /// The service's name, or the path.
    pub fn name(&self) -> &str {
        match self {
            Self::Known(service) => service.name,
            Self::Path(path) => path,
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
