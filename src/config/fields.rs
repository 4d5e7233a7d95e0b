//! The fields of the configuration, a row each: the reader takes them by this table, and both
//! manuals are printed from it.
//!
//! build.rs reads this file too, for the header: it uses nothing of the library.

/// One field.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// As it is written; `a.b` is `b` of the object `a`.
    pub name: &'static str,
    /// What its value must be.
    pub kind: Kind,
    /// Whether it must be there.
    pub needed: Needed,
    /// What holds without it where its kind does not say so; empty if nothing does.
    pub default: &'static str,
    /// Whether its value may be, or hold, a secret: it is shown nowhere.
    pub secret: bool,
    /// A value as JSON, for the manual.
    pub example: &'static str,
    /// The manual's line in Chinese.
    pub zh: &'static str,
    /// The manual's line in English, ASCII only: the header has it.
    pub en: &'static str,
}

/// What a field's value must be.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// Text that is not empty.
    Text,
    /// The same, of at most so many characters.
    Limited(usize),
    /// The same in a certain form: what is right, in Chinese and in English.
    Form(&'static str, &'static str),
    /// The path of a file or a folder.
    Path,
    /// One of these words, and which of them holds without the field.
    Choice(&'static [&'static str], &'static str),
    /// A whole number from and to these, and which one holds without the field.
    Number(u64, u64, u64),
    /// An array of texts in a certain form, as of [`Kind::Form`].
    Texts(&'static str, &'static str),
    /// One text in a certain form, or an array of 1 to so many.
    Several(&'static str, &'static str, usize),
    /// An object of texts, by names that the table does not know.
    Object,
}

/// Whether a field must be there.
#[derive(Debug, Clone, Copy)]
pub enum Needed {
    /// It may be left out.
    No,
    /// It must be there.
    Yes,
    /// One of these must be.
    OneOf(&'static [&'static str]),
}

impl Field {
    /// What holds without the field, as it is shown; empty if nothing does.
    pub fn default(&self) -> String {
        match self.kind {
            Kind::Number(_, _, default) => default.to_string(),
            Kind::Choice(_, default) => default.to_owned(),
            _ => self.default.to_owned(),
        }
    }

    const fn or(mut self, default: &'static str) -> Self {
        self.default = default;
        self
    }

    const fn needed(mut self, needed: Needed) -> Self {
        self.needed = needed;
        self
    }

    const fn secret(mut self) -> Self {
        self.secret = true;
        self
    }
}

const fn field(
    name: &'static str,
    kind: Kind,
    example: &'static str,
    zh: &'static str,
    en: &'static str,
) -> Field {
    Field {
        name,
        kind,
        needed: Needed::No,
        default: "",
        secret: false,
        example,
        zh,
        en,
    }
}

/// The longest time, in milliseconds.
const MAX_MS: u64 = 600_000;

const REQUESTER: Needed = Needed::OneOf(&["reqtType", "admdvs"]);
const KEY: Needed = Needed::OneOf(&["sm4Key", "sm4KeyFile", "sm4KeyEnv"]);

const ADDRESS_ZH: &str = "http:// 或 https:// 开头的地址，如 http://10.0.0.1:8080，不带参数和账号";
const ADDRESS_EN: &str = "an address that begins with http:// or https://, such as http://10.0.0.1:8080, without query or user";
/// An address of the centre's.
pub const ADDRESS: Kind = Kind::Form(ADDRESS_ZH, ADDRESS_EN);
/// All of them: two lines, two machines.
const ADDRESSES: Kind = Kind::Several(ADDRESS_ZH, ADDRESS_EN, 8);
/// 医保区划代码.
pub const DIVISION: Kind = Kind::Form(
    "6 位数字的医保区划代码，如 350000",
    "a division code of six digits, such as 350000",
);
/// Certificates.
pub const PINS: Kind = Kind::Texts(
    "证书（DER）SHA-256 的 64 位十六进制",
    "64 hex digits, the SHA-256 of the certificate's DER",
);
/// What a certificate is for.
pub const HOST: Kind = Kind::Form("主机名或 IP 地址", "a host name or an IP address");
/// A proxy's address.
pub const PROXY: Kind = Kind::Form("http://主机:端口 或 null", "http://host:port, or null");

/// Every field, in the manuals' order.
pub fn fields() -> &'static [Field] {
    FIELDS
}

#[rustfmt::skip]
static FIELDS: &[Field] = &[
    field("localUrl", ADDRESSES, r#""http://10.0.0.1:8080""#,
        "中心的地址，由中心提供；可带路径前缀，不含 `/cfc/api/…`；端口 1 至 65535；有几条线路或几台机器时写成数组，见[几个地址](#几个地址)",
        "the centre's; it may have a path. With an array (two lines, two machines) the next address is \
         tried only when one could not be connected to: nothing was sent there").needed(Needed::Yes),
    field("orgId", Kind::Text, r#""testOrgId""#,
        "业务系统编码，由中心分配；不是医保定点机构代码",
        "the calling system's, as the centre issued it").needed(Needed::Yes),
    field("reqtType", Kind::Text, r#""sys&350000""#,
        "请求方标识，写了就原样发送",
        "sent as it is").needed(REQUESTER).or("{reqtPrefix}&{admdvs}"),
    field("reqtPrefix", Kind::Text, r#""sys""#,
        "没有 `reqtType` 时，请求方标识的前半部分",
        "what reqtType begins with where it is left out").or("{orgId}"),
    field("admdvs", DIVISION, r#""350000""#,
        "省级医保区划代码",
        "the province's").needed(REQUESTER),
    field("sm4Key", Kind::Text, r#""0123456789ABCDEFFEDCBA9876543210""#,
        "中心下发的 SM4 密钥，写法见[密钥](#密钥)",
        "the issued key").needed(KEY).secret(),
    field("sm4KeyFile", Kind::Path, r#""key.txt""#,
        "存放密钥的文件；Windows 上可以是受保护的密钥文件",
        "of a file that holds the key. On Windows it may hold \"dpapi:...\" instead, as made by \
         evoucher-tool protect: only that machine, or that user, can open it").needed(KEY),
    field("sm4KeyEnv", Kind::Text, r#""HIS_SM4_KEY""#,
        "存放密钥的环境变量的名称",
        "the name of a variable that holds the key").needed(KEY),
    field("keyFormat", Kind::Choice(&["auto", "hex", "text", "base64"], "auto"), r#""hex""#,
        "密钥的写法",
        "how the key is written: 32 hex digits, 16 bytes of text, or 24 characters of Base64"),
    field("charset", Kind::Choice(&["utf-8", "gbk", "gb18030", "ascii"], "utf-8"), r#""gbk""#,
        "请求和应答的编码",
        "the charset of requests and replies: see rule 2"),
    field("language", Kind::Choice(&["zh", "en"], "zh"), r#""zh""#,
        "动态库自己的说明用哪种语言",
        "the language of this library's own messages"),
    field("connectTimeoutMs", Kind::Number(1, MAX_MS, 3_000), "3000",
        "建立连接的时限，毫秒：解析主机名、TCP、TLS 合计",
        "milliseconds for the connection to stand: name, TCP and TLS together"),
    field("timeoutMs", Kind::Number(1, MAX_MS, 15_000), "15000",
        "一次调用的总时限，毫秒",
        "milliseconds for the whole call"),
    field("defaults.orgCodg", Kind::Limited(40), r#""H35010000001""#,
        "请求没有 `orgCodg` 时使用：国标的定点医药机构代码，以 H 或 P 开头",
        "fills what a request leaves out, as do the next five"),
    field("defaults.orgName", Kind::Limited(200), r#""测试医院""#,
        "请求没有 `orgName` 时使用：定点医药机构名称",
        "the institution's name"),
    field("defaults.opterId", Kind::Limited(40), r#""0001""#,
        "请求没有 `opterId` 时使用：经办人员编号",
        "the operator's number"),
    field("defaults.opterName", Kind::Limited(40), r#""张三""#,
        "请求没有 `opterName` 时使用：经办人员姓名",
        "the operator's name"),
    field("defaults.devId", Kind::Limited(40), r#""auto""#,
        "请求没有 `devId` 时使用：设备唯一标识；`auto` 为本机网卡的 MAC 地址",
        "\"auto\" is this machine's hardware address"),
    field("defaults.devIP", Kind::Limited(40), r#""auto""#,
        "请求没有 `devIP` 时使用：设备 IP 地址；`auto` 为本机与中心通信所用的地址",
        "\"auto\" is the local address that reaches the centre"),
    field("tls.caFile", Kind::Path, r#""ca.pem""#,
        "除操作系统信任的根证书外，另外信任的根证书，PEM 格式",
        "of a PEM file: certificates to trust beside the system's authorities"),
    field("tls.pinSha256", PINS,
        r#"["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"]"#,
        "只信任这几张证书：证书（DER）的 SHA-256，可带冒号或空格",
        "trust exactly these certificates; verification has no off switch"),
    field("tls.serverName", HOST, r#""ec.example.gov.cn""#,
        "证书上应有的名称；不写时为 `localUrl` 的主机名",
        "the name to expect in place of localUrl's"),
    field("proxy", PROXY, r#""http://10.0.0.2:3128""#,
        "HTTP 代理；不使用系统和环境变量里的代理",
        "the environment's proxies are ignored").or("null").secret(),
    field("headers", Kind::Object, r#"{"X-Gateway":"his"}"#,
        "每个请求都加上的 HTTP 头，供网关要求时使用",
        "{\"name\":\"value\"}, sent with every request").secret(),
    field("verify.intervalMs", Kind::Number(1, MAX_MS, 2_000), "2000",
        "`ev_verify_password` 查询的间隔，毫秒",
        "milliseconds between two questions of ev_verify_password"),
    field("verify.timeoutMs", Kind::Number(1, MAX_MS, 120_000), "120000",
        "`ev_verify_password` 等待参保人的时限，毫秒",
        "milliseconds that ev_verify_password waits"),
    field("log.dir", Kind::Path, r#""log""#,
        "日志的文件夹，须在本机，不存在则创建；不写就没有日志",
        "of the log's folder; without it there is no log: see \"The log\""),
    field("log.level", Kind::Choice(&["error", "warn", "info"], "info"), r#""info""#,
        "记录哪些调用",
        "which calls get a line"),
    field("log.keepDays", Kind::Number(1, 3650, 180), "180",
        "日志保留的天数",
        "for how many days files are kept"),
    field("riskControl", Kind::Choice(&["guard", "observe"], "guard"), r#""observe""#,
        "`guard`：不该再取凭据、再扣款的，由动态库拦下；`observe`：流水号会重复、或自行防重的机构使用，只记录，只拦正在处理的",
        "\"guard\" refuses what might be charged twice; \"observe\", for places whose serial numbers \
         repeat or that guard charges themselves, notes all and refuses only what is in flight"),
    field("journal.dir", Kind::Path, r#""D:\\evoucher-journal""#,
        "交易流水库的文件夹，须在本机磁盘；由 `evoucher-tool journal init` 建好。不写则只在本进程内防重",
        "of the journal's folder, on a disk of this machine, as made by evoucher-tool journal init; \
         without it risk control ends with the process"),
    field("journal.keepDays", Kind::Number(7, 3650, 180), "180",
        "流水保留的天数；没有结果的至少保留 30 天",
        "for how many days transactions are kept; at least 30 where nobody said what became of them"),
];
