//! The header's functions and codes in each language. No compiler of VB6 and PowerBuilder is at
//! hand: the declarations that the test has by hand keep these right.

use super::contract::{Function, Kind, camel};
use super::next::{self, Regions};
use evoucher::catalogue::codes;

/// How a binding's language declares what the header does. In each text `{name}` is the header's
/// name, `{Name}` the same in capitals.
pub(super) struct Binding {
    pub(super) file: &'static str,
    function: &'static str,
    argument: fn(Kind) -> &'static str,
    /// Between two arguments, and in place of the parentheses around none.
    separator: &'static str,
    none: &'static str,
    code: &'static str,
    /// The words of `next`.
    next: fn() -> Regions,
}

pub(super) const BINDINGS: [Binding; 4] = [
    Binding {
        file: "examples/csharp/Evoucher.cs",
        function: "[DllImport(Library, CallingConvention = CallingConvention.Cdecl)]\n\
            internal static extern int {name}{arguments};\n",
        argument: |kind| match kind {
            Kind::Number => "int {name}",
            Kind::NumberOut => "out int {name}",
            // Bytes: as a string the marshaller would put it into the code page of Windows.
            Kind::Text => "byte[] {name}",
            Kind::Buffer => "[In, Out] byte[] {name}",
            Kind::Progress => "ProgressCall {name}",
            Kind::Line => "LineCall {name}",
            Kind::User => "IntPtr {name}",
        },
        separator: ", ",
        none: "()",
        code: "/// <summary>{meaning}</summary>\npublic const int {Name} = {number};\n",
        next: next::csharp,
    },
    Binding {
        file: "examples/delphi/Evoucher.pas",
        function: "function {Name}{arguments}: Integer; stdcall; external 'evoucher.dll';\n",
        argument: |kind| match kind {
            Kind::Number => "{Name}: Integer",
            Kind::NumberOut => "var {Name}: Integer",
            Kind::Text | Kind::Buffer => "{Name}: PAnsiChar",
            // The header's "function" is a keyword.
            Kind::Progress => "Progress: TEvProgress",
            Kind::Line => "Line: TEvLine",
            Kind::User => "{Name}: Pointer",
        },
        separator: "; ",
        none: "",
        code: "EV_{name} = {number};\n",
        next: next::pascal,
    },
    Binding {
        file: "examples/vb6/Evoucher.bas",
        function: "Public Declare Function {Name} Lib \"evoucher.dll\" {arguments} As Long\n",
        argument: |kind| match kind {
            Kind::Number | Kind::User => "ByVal {Name} As Long",
            Kind::NumberOut => "ByRef {Name} As Long",
            Kind::Text | Kind::Buffer => "ByVal {Name} As String",
            // What AddressOf gives; the header's "function" is a keyword.
            Kind::Progress | Kind::Line => "ByVal Callback As Long",
        },
        separator: ", ",
        none: "()",
        code: "Public Const EV_{name} As Long = {number}\n",
        next: next::basic,
    },
    Binding {
        file: "examples/powerbuilder/external_functions.txt",
        function: "FUNCTION long {Name}{arguments} LIBRARY \"evoucher.dll\" ALIAS FOR \"{Name};ansi\"\n",
        argument: |kind| match kind {
            Kind::Number => "long {name}",
            Kind::NumberOut => "REF long {name}",
            Kind::Text => "string {name}",
            Kind::Buffer => "REF string {name}",
            // PowerBuilder has no function that a DLL could call back: what takes one is left out.
            Kind::Progress | Kind::Line | Kind::User => "",
        },
        separator: ", ",
        none: "()",
        // What is pasted under Global External Functions can hold no constants.
        code: "",
        // They are in the script of its README.
        next: Vec::new,
    },
];

impl Binding {
    /// What goes between this binding's markers: each region's name and its lines.
    pub(super) fn regions(&self, functions: &[Function]) -> Regions {
        let cannot = |kind| (self.argument)(kind).is_empty();
        let functions = functions.iter().filter(|f| !f.takes(cannot));
        let code = |(name, number): (&str, i32)| {
            let meaning = codes::all().find(|row| row.code == number);
            filled(self.code, name)
                .replace("{number}", &number.to_string())
                .replace("{meaning}", meaning.map_or("", |row| row.en))
        };
        let mut regions = vec![("functions", functions.map(|f| self.declare(f)).collect())];
        if !self.code.is_empty() {
            regions.push(("codes", codes().into_iter().map(code).collect()));
        }
        regions.extend((self.next)());
        regions
    }

    fn declare(&self, function: &Function) -> String {
        let argument = |kind, name: &str| filled((self.argument)(kind), name);
        let arguments = match function.list(self.separator, argument).as_str() {
            "" => self.none.to_owned(),
            some => format!("({some})"),
        };
        filled(self.function, &function.name).replace("{arguments}", &arguments)
    }
}

fn filled(text: &str, name: &str) -> String {
    text.replace("{name}", name)
        .replace("{Name}", &camel(&name.to_lowercase()))
}

/// The library's own codes, without the `EV_`.
pub(super) fn codes() -> Vec<(&'static str, i32)> {
    let own = codes::all().filter_map(|row| Some((row.name.strip_prefix("EV_")?, row.code)));
    own.collect()
}

/// The same as the header has them: every `#define EV_... -N`.
pub(super) fn defined(header: &str) -> Vec<(&str, i32)> {
    let defined = header.lines().filter_map(|line| {
        let (name, number) = line.strip_prefix("#define EV_")?.split_once(' ')?;
        Some((name, number.parse().ok()?))
    });
    defined.filter(|(_, number)| *number < 0).collect()
}

#[cfg(test)]
mod tests {
    use super::super::contract;
    use super::*;
    use crate::sh;

    /// Every kind of argument, and none.
    const HEADER: &str = "\
#define EV_OK 0
int32_t EV_CDECL ev_close(int32_t client);
int32_t EV_CDECL ev_open(const char *config, int32_t *client);
int32_t EV_CDECL ev_version(char *reply, int32_t reply_size);
int32_t EV_CDECL ev_on_progress(int32_t client, ev_progress function, void *user);
int32_t EV_CDECL ev_on_call(int32_t client, ev_line function, void *user);
int32_t EV_CDECL ev_last_reply_size(void);
";

    /// By hand, from what each language's manual says of C's types.
    const WANTED: [(&str, &str); 4] = [
        (
            "\
[DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
internal static extern int ev_close(int client);
[DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
internal static extern int ev_open(byte[] config, out int client);
[DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
internal static extern int ev_version([In, Out] byte[] reply, int reply_size);
[DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
internal static extern int ev_on_progress(int client, ProgressCall function, IntPtr user);
[DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
internal static extern int ev_on_call(int client, LineCall function, IntPtr user);
[DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
internal static extern int ev_last_reply_size();
",
            "public const int InvalidText = -10002;",
        ),
        (
            "\
function EvClose(Client: Integer): Integer; stdcall; external 'evoucher.dll';
function EvOpen(Config: PAnsiChar; var Client: Integer): Integer; stdcall; external 'evoucher.dll';
function EvVersion(Reply: PAnsiChar; ReplySize: Integer): Integer; stdcall; external 'evoucher.dll';
function EvOnProgress(Client: Integer; Progress: TEvProgress; User: Pointer): Integer; stdcall; external 'evoucher.dll';
function EvOnCall(Client: Integer; Line: TEvLine; User: Pointer): Integer; stdcall; external 'evoucher.dll';
function EvLastReplySize: Integer; stdcall; external 'evoucher.dll';
",
            "EV_INVALID_TEXT = -10002;",
        ),
        (
            r#"Public Declare Function EvClose Lib "evoucher.dll" (ByVal Client As Long) As Long
Public Declare Function EvOpen Lib "evoucher.dll" (ByVal Config As String, ByRef Client As Long) As Long
Public Declare Function EvVersion Lib "evoucher.dll" (ByVal Reply As String, ByVal ReplySize As Long) As Long
Public Declare Function EvOnProgress Lib "evoucher.dll" (ByVal Client As Long, ByVal Callback As Long, ByVal User As Long) As Long
Public Declare Function EvOnCall Lib "evoucher.dll" (ByVal Client As Long, ByVal Callback As Long, ByVal User As Long) As Long
Public Declare Function EvLastReplySize Lib "evoucher.dll" () As Long
"#,
            "Public Const EV_INVALID_TEXT As Long = -10002",
        ),
        (
            r#"FUNCTION long EvClose(long client) LIBRARY "evoucher.dll" ALIAS FOR "EvClose;ansi"
FUNCTION long EvOpen(string config, REF long client) LIBRARY "evoucher.dll" ALIAS FOR "EvOpen;ansi"
FUNCTION long EvVersion(REF string reply, long reply_size) LIBRARY "evoucher.dll" ALIAS FOR "EvVersion;ansi"
FUNCTION long EvLastReplySize() LIBRARY "evoucher.dll" ALIAS FOR "EvLastReplySize;ansi"
"#,
            "",
        ),
    ];

    #[test]
    fn each_language_declares_every_kind_of_argument() {
        let functions = contract::functions(HEADER).unwrap();
        for (binding, (wanted, codes_wanted)) in BINDINGS.iter().zip(WANTED) {
            let regions = binding.regions(&functions);
            let region = |name| regions.iter().find(|region| region.0 == name);
            let text = |name| region(name).map_or("", |(_, text)| text.as_str());
            assert_eq!(text("functions"), wanted, "{}", binding.file);
            let codes = text("codes").lines();
            let code = codes.filter(|line| line.contains("-10002"));
            assert_eq!(code.collect::<String>(), codes_wanted, "{}", binding.file);
        }
    }

    #[test]
    fn old_compilers_read_these_in_any_code_page() {
        for folder in ["delphi", "powerbuilder", "vb6"] {
            let folder = sh::root().join("examples").join(folder);
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.extension().is_some_and(|kind| kind != "md") {
                    assert!(sh::read(&path).unwrap().is_ascii(), "{}", path.display());
                }
            }
        }
    }
}
