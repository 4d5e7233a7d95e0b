//! The code dictionary: every return code of both documents and of this library. One row says all
//! there is to say of a code: what it means, why it comes, and what to do about it.

use super::next::{After, Next, otherwise};
use super::{Words, advice, codes_centre, codes_own};

pub use super::id_types::ID_TYPES;

/// The centre answered: what is to be done now stands in the reply's `next`.
pub const EV_OK: i32 = 0;
/// An argument of the call is unusable: NULL where text is required, a negative or (for what
/// changes something) too small `reply_size`, input over 1 MiB. Nothing was sent.
pub const EV_INVALID_ARGUMENT: i32 = -10001;
/// The bytes of an argument are not valid in the client's `charset`; the message says which
/// charset they look like. Nothing was sent.
pub const EV_INVALID_TEXT: i32 = -10002;
/// The configuration is unusable; the message names each field and what is wrong with it. Nothing
/// was sent.
pub const EV_INVALID_CONFIG: i32 = -10003;
/// No such client: the handle was never opened, or is closed. Nothing was sent.
pub const EV_INVALID_CLIENT: i32 = -10004;
/// The request is not a JSON object, or fields of it are missing, too long or malformed; the
/// message names every one. Nothing was sent.
pub const EV_INVALID_REQUEST: i32 = -10005;
/// The call is done and its reply waits in the library: fetch it with `ev_last_reply`. Takes the
/// place of a 0 only, is only ever returned, and never stands in a reply.
pub const EV_BUFFER_TOO_SMALL: i32 = -10006;
/// No service of that name, and not a path of the centre. Nothing was sent.
pub const EV_UNKNOWN_SERVICE: i32 = -10007;
/// Risk control: the same transaction is in flight (`next` is "retry_later"), came before with
/// another amount ("fix_request", or "confirm_charge" where a certificate was handed out), or was
/// reported as paid ("already_paid"). Nothing was sent.
pub const EV_DUPLICATE: i32 = -10008;
/// `ev_cancel` ended the call; `delivery` says whether the request may have been sent.
pub const EV_CANCELLED: i32 = -10009;
/// The journal (`journal.dir`) cannot be read or written: nothing that issues a certificate is sent,
/// and a certificate that could not be noted is not handed out (`delivery` "answered").
pub const EV_JOURNAL: i32 = -10010;
/// Risk control: a certificate was handed out for this transaction before, and nobody has said what
/// became of it (`ev_report_charge`). Nothing was sent.
pub const EV_ISSUED_BEFORE: i32 = -10011;
/// No connection to the centre: no address, refused, unreachable, or out of time. Nothing was
/// sent.
pub const EV_CONNECT: i32 = -10020;
/// The TLS handshake failed: certificate, name, or out of time. Nothing was sent.
pub const EV_TLS: i32 = -10021;
/// Out of time after the first byte of the request: it may have been processed.
pub const EV_TIMEOUT: i32 = -10022;
/// The connection broke after the first byte of the request: it may have been processed.
pub const EV_CONNECTION_LOST: i32 = -10023;
/// An HTTP status other than 2xx without the centre's reply: nothing readable, or a gateway's own
/// JSON. For 5xx the request may have been processed.
pub const EV_HTTP_STATUS: i32 = -10024;
/// The reply is not HTTP, not JSON, not of the documented shape, or too large: the request may
/// have been processed.
pub const EV_BAD_REPLY: i32 = -10025;
/// The reply's `encData` cannot be opened: most often the wrong key.
pub const EV_DECRYPT: i32 = -10026;
/// The centre answered `code` 0 with `success` false: a business failure (order of judgement, A
/// and B 1.1).
pub const EV_BUSINESS: i32 = -10027;
/// `ev_verify_password` ran out of time without a verified password.
pub const EV_NOT_VERIFIED: i32 = -10030;
/// `ev_settle_gate` says no.
pub const EV_NOT_ALLOWED: i32 = -10031;
/// `ev_one_code_pay`: the patient has not signed up, or the code cannot pay now.
pub const EV_CANNOT_PAY: i32 = -10032;
/// A fault of this library. The request may have been sent.
pub const EV_INTERNAL: i32 = -10099;

/// The documents' code for "no password needed: go on and settle" (B §1.4.3.2 (4) A).
pub(crate) const NO_PASSWORD_NEEDED: i32 = 500320;

/// One code.
#[derive(Debug)]
pub struct Code {
    /// The code itself.
    pub code: i32,
    /// This library's constant for it; empty for the documents' codes.
    pub name: &'static str,
    /// 使用范围, as the documents' tables have it.
    pub scope: &'static str,
    /// Which documents list it: `AB`, `A`, or nothing for this library's own.
    pub documents: &'static str,
    /// The documents' text, or ours for our own.
    pub zh: &'static str,
    /// The same in English.
    pub en: &'static str,
    /// What brings it about, in Chinese.
    pub cause: &'static str,
    /// What the operator at the counter does about it; empty where there is nothing to add.
    pub operator: Words,
    /// What whoever wrote the program, or looks after the machine, does about it.
    pub developer: Words,
    /// `next` of a reply, by service.
    pub next: After,
    /// The documents' section that says so, or this library's reason where they are silent.
    pub reason: &'static str,
}

/// What there is to say of a code that nobody lists.
pub const UNLISTED: Code = Code {
    code: 0,
    name: "",
    scope: "",
    documents: "",
    zh: "文档未列出此返回码，请咨询电子凭证中心",
    en: "no document lists this code: ask the centre",
    cause: "",
    operator: advice::OTHERWISE,
    developer: advice::FOR_THE_CENTRE,
    next: otherwise(Next::AskCentre),
    reason: "nobody lists it: the patient is served in another way",
};

/// Every known code: A §1.7, B §1.9, then this library's own.
pub fn all() -> impl Iterator<Item = &'static Code> {
    codes_centre::CODES.iter().chain(codes_own::CODES)
}

/// What is known of a code, if anybody has said anything.
pub fn meaning(code: i32) -> Option<&'static Code> {
    all().find(|known| known.code == code)
}

/// Whether one of the documents lists a code: only then is it certain to be the centre's.
pub(crate) fn is_documented(code: i32) -> bool {
    meaning(code).is_some_and(|meaning| !meaning.documents.is_empty())
}

/// Whether a code lies in the range that this library keeps for itself, so that a centre cannot
/// make a program believe, say, that nothing was sent.
pub(crate) fn is_reserved(code: i32) -> bool {
    (-10099..=-10001).contains(&code)
}
