//! The centre's replies: the public parameters (A and B §1.3.2.2) around the sealed result.

use crate::fault::Fault;
use crate::service::Service;
use crate::spec;
use evoucher::envelope::Sealer;
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Value, json};

/// Fields in the documents' order. A name may stand twice: one of the faults needs it.
pub(crate) struct Fields(pub(crate) Vec<(&'static str, Value)>);

impl Serialize for Fields {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

/// Writes JSON that cannot fail: every key is text.
pub(crate) fn text(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// An answer before it is sealed and put into a body.
pub(crate) struct Answer {
    pub(crate) code: i32,
    pub(crate) message: String,
    pub(crate) success: Option<bool>,
    /// The plaintext of `encData`.
    pub(crate) plain: Option<String>,
    pub(crate) issued: Option<Issued>,
}

/// A certificate that an answer hands out.
pub(crate) struct Issued {
    pub(crate) certificate: String,
    /// How many charges of the bill fail for want of money.
    pub(crate) poor: u32,
}

impl Answer {
    /// An answer that carries a result.
    pub(crate) fn done(plain: String) -> Self {
        let message = message(0);
        Self {
            code: 0,
            message,
            success: Some(true),
            plain: Some(plain),
            issued: None,
        }
    }

    /// Any other return code: it carries no result, and `success` is absent.
    pub(crate) fn refused(code: i32) -> Self {
        let message = message(code);
        Self {
            code,
            message,
            success: None,
            plain: None,
            issued: None,
        }
    }

    /// A refusal that says what is wrong.
    pub(crate) fn because(code: i32, why: &str) -> Self {
        let message = format!("{}：{why}", message(code));
        Self {
            message,
            ..Self::refused(code)
        }
    }

    /// What its state field says, if it has one.
    pub(crate) fn state(&self, service: Option<&str>) -> String {
        let service = service.and_then(Service::from_name);
        let plain = self.plain.as_deref().unwrap_or_default();
        let value = serde_json::from_str::<Value>(plain).unwrap_or_default();
        match service.map(|service| &value[service.state_field]) {
            Some(Value::String(state)) => state.clone(),
            Some(Value::Number(state)) => state.to_string(),
            _ => String::new(),
        }
    }

    /// The reply's body, with what the fault does to it.
    pub(crate) fn body(&self, sealer: &Sealer, fault: Fault) -> String {
        let sealed = self
            .plain
            .as_deref()
            .map(|plain| seal(sealer, plain, fault));
        let code = match fault {
            Fault::CodeString => json!(self.code.to_string()),
            Fault::ReservedCode => json!(LIBRARYS_OWN),
            Fault::Error500Json => json!(-1),
            _ => json!(self.code),
        };
        let data = match (fault, sealed) {
            (Fault::DataNull | Fault::Error500Json | Fault::ReservedCode, _) | (_, None) => {
                Value::Null
            }
            (Fault::NoEncData, Some(_)) => json!({}),
            (Fault::DataString, Some(sealed)) => json!(json!({ "encData": sealed }).to_string()),
            (_, Some(sealed)) => json!({ "encData": sealed }),
        };
        let well = code == json!(0) || code == json!("0");
        let message = match fault {
            Fault::Error500Json => message(-1),
            Fault::Huge => format!("{}{}", self.message, "。".repeat(HUGE / "。".len())),
            _ => self.message.clone(),
        };
        let mut fields = vec![
            ("code", code),
            ("type", json!(if well { "success" } else { "error" })),
            ("message", json!(message)),
            ("data", data),
        ];
        fields.extend(self.success.filter(|_| well).map(|success| {
            let shown = match fault {
                Fault::Success(spelling) => serde_json::from_str(spelling).unwrap_or_default(),
                _ => json!(success),
            };
            ("success", shown)
        }));
        match fault {
            Fault::NoData => fields.retain(|(name, _)| *name != "data"),
            Fault::Unlisted => return unlisted(fields),
            _ => {}
        }
        text(&Fields(fields))
    }
}

/// The same with a field more, backwards, and with white space.
fn unlisted(mut fields: Vec<(&'static str, Value)>) -> String {
    fields.push(("traceId", json!("0af7651916cd43dd")));
    fields.push(("extra", json!({ "node": "中心-1", "list": [1, null] })));
    fields.reverse();
    let text = serde_json::to_string_pretty(&Fields(fields)).unwrap_or_default();
    format!("\r\n {text}\n")
}

/// A code of the library's own, which says that nothing was sent: no centre may use it.
const LIBRARYS_OWN: i32 = -10020;

/// What `huge` adds to a body.
const HUGE: usize = 2 << 20;

/// Seals a result, with what the fault does to it.
fn seal(sealer: &Sealer, plain: &str, fault: Fault) -> String {
    let mut sealed = match fault {
        Fault::WrongKey => return seal_under_another_key(sealer, plain),
        Fault::NotObject => sealer.seal(br#"["not","an","object"]"#),
        Fault::Unlisted => {
            let fields: Value = serde_json::from_str(plain).unwrap_or_default();
            let mut fields: Vec<_> = fields.as_object().into_iter().flatten().collect();
            fields.reverse();
            let fields = fields
                .into_iter()
                .map(|(name, value)| format!("  {} : {value}", json!(name)));
            let fields = fields.collect::<Vec<_>>().join(" ,\n");
            sealer.seal(format!("{{ \"province\" : [ 1 ],\n{fields}\n}}").as_bytes())
        }
        _ => sealer.seal(plain.as_bytes()),
    };
    match fault {
        Fault::BadHex => sealed.replace_range(..1, "Z"),
        Fault::OddHex => sealed.truncate(sealed.len() - 1),
        // What then ends the text is JSON, which is no padding.
        Fault::BadPadding => sealed.truncate(sealed.len() - 32),
        Fault::LowerHex => sealed.make_ascii_lowercase(),
        _ => {}
    }
    sealed
}

/// About one wrong key in 256 opens to something that looks padded: such a key is passed over, so
/// that the fault is the same fault every time.
fn seal_under_another_key(sealer: &Sealer, plain: &str) -> String {
    use evoucher::envelope::KeyFormat;
    (0..=u32::MAX)
        .filter_map(|n| Sealer::new(&format!("not-this-key{n:04}"), KeyFormat::Text))
        .map(|other| other.seal(plain.as_bytes()))
        .find(|sealed| sealer.unseal(sealed).is_err())
        .unwrap_or_default()
}

/// The documents' text for a code.
pub(crate) fn message(code: i32) -> String {
    match spec::meaning(code) {
        Some(meaning) => meaning.replace("xxx", "参保人未打开展码渠道应用"),
        None => format!("规范未列出的返回码 {code}"),
    }
}
