//! The functions of the library as its header declares them: what the stdcall set (build.rs reads
//! this file too) and every binding are made from, and exports are held against.

/// What one argument is, whatever a language calls it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Number,
    NumberOut,
    Text,
    /// The caller's, for text that comes out.
    Buffer,
    /// A function of the caller's.
    Progress,
    /// Another one, with no result.
    Line,
    /// What that function gets back.
    User,
}

/// How each kind is written in C, up to the argument's name, and in Rust.
pub(crate) const KINDS: [(Kind, &str, &str); 7] = [
    (Kind::Number, "int32_t ", "i32"),
    (Kind::NumberOut, "int32_t *", "*mut i32"),
    (Kind::Text, "const char *", "*const c_char"),
    (Kind::Buffer, "char *", "*mut c_char"),
    (Kind::Progress, "ev_progress ", "ev_progress"),
    (Kind::Line, "ev_line ", "ev_line"),
    (Kind::User, "void *", "*mut c_void"),
];

/// A function by its cdecl name.
pub(crate) struct Function {
    pub(crate) name: String,
    pub(crate) arguments: Vec<(Kind, String)>,
}

impl Function {
    /// `ev_signed_query` is `EvSignedQuery` for callers that can only do stdcall.
    pub(crate) fn stdcall_name(&self) -> String {
        camel(&self.name)
    }

    pub(crate) fn takes(&self, such: impl Fn(Kind) -> bool) -> bool {
        self.arguments.iter().any(|(kind, _)| such(*kind))
    }

    /// The arguments in another language.
    pub(crate) fn list(&self, separator: &str, print: impl Fn(Kind, &str) -> String) -> String {
        let printed = self.arguments.iter().map(|(kind, name)| print(*kind, name));
        printed.collect::<Vec<_>>().join(separator)
    }
}

/// `reply_size` is `ReplySize`.
pub(crate) fn camel(name: &str) -> String {
    name.split('_')
        .map(|word| word[..1].to_uppercase() + &word[1..])
        .collect()
}

/// The functions that a header declares, in its order.
pub(crate) fn functions(header: &str) -> Result<Vec<Function>, String> {
    let prototypes = header.split("\nint32_t EV_CDECL ").skip(1);
    let functions = prototypes.map(function).collect::<Result<Vec<_>, _>>()?;
    if functions.is_empty() {
        return Err("no function found in the header".to_owned());
    }
    Ok(functions)
}

fn function(prototype: &str) -> Result<Function, String> {
    let (name, arguments) = prototype
        .split_once(");")
        .and_then(|(prototype, _)| prototype.split_once('('))
        .ok_or_else(|| format!("no prototype: {prototype}"))?;
    let arguments = arguments
        .split(',')
        .map(str::trim)
        .filter(|text| *text != "void")
        .map(|text| argument(text).ok_or_else(|| format!("{name}: what is `{text}`?")))
        .collect::<Result<_, _>>()?;
    let name = name.to_owned();
    Ok(Function { name, arguments })
}

fn argument(text: &str) -> Option<(Kind, String)> {
    KINDS.iter().find_map(|(kind, c, _)| {
        let name = text.strip_prefix(c)?;
        let is_name = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        is_name.then(|| (*kind, name.to_owned()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_build_rs_writes() {
        let header = "/*\n int32_t EV_CDECL ev_no(void);\n */\nint32_t EV_CDECL ev_version(char *reply,\n  \
            int32_t reply_size);\nint32_t EV_CDECL ev_last_reply_size(void);\n\
            int32_t EV_STDCALL EvLastReplySize(void);\n";
        let [version, size] = &functions(header).unwrap()[..] else {
            panic!("two functions");
        };
        assert_eq!(version.name, "ev_version");
        assert_eq!(version.stdcall_name(), "EvVersion");
        let arguments = [(Kind::Buffer, "reply"), (Kind::Number, "reply_size")];
        let arguments = arguments.map(|(kind, name)| (kind, name.to_owned()));
        assert_eq!(version.arguments, arguments);
        assert_eq!(size.stdcall_name(), "EvLastReplySize");
        assert_eq!(size.arguments, []);
    }

    #[test]
    fn an_argument_of_an_unknown_kind_is_an_error() {
        for argument in ["int64_t amount", "char **texts", "int32_t (*f)(void)"] {
            let header = format!("\nint32_t EV_CDECL ev_new({argument});\n");
            assert!(functions(&header).is_err(), "{argument}");
        }
        assert!(functions("").is_err());
    }
}
