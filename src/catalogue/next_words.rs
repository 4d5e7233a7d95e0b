//! The words of `next`: how each is spelt, and what it says in a manual and on a button. The header,
//! the manuals and the bindings are made from this table (build.rs reads it, too).

/// What there is to say of one word.
#[derive(Debug)]
pub struct Meaning {
    /// As replies spell it.
    pub word: &'static str,
    /// For the header and the English pages. ASCII.
    pub en: &'static str,
    /// For the Chinese pages.
    pub zh: &'static str,
    /// A few characters in Chinese, for a label or a button.
    pub label: &'static str,
}

macro_rules! next {
    ($($name:ident = $word:literal, $en:literal, $zh:literal, $label:literal;)*) => {
        /// What to do now.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Next {
            $(#[doc = $en] $name,)*
        }

        impl Next {
            /// Every one of them.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// What there is to say of it.
            pub const fn meaning(self) -> &'static Meaning {
                match self {
                    $(Self::$name => &Meaning { word: $word, en: $en, zh: $zh, label: $label },)*
                }
            }

            /// As replies spell it.
            pub const fn as_str(self) -> &'static str {
                self.meaning().word
            }
        }
    };
}

#[rustfmt::skip] // A row is read at a glance.
next! {
    Settle = "settle", "go on and settle", "继续结算", "结算";
    Wait = "wait", "ask for the status again", "等待参保人核验，再查询一次状态", "等待核验";
    Resend = "resend", "send the notice again", "重新发送核验通知（同一个 token）", "重发通知";
    OfflineCheck = "offline_check", "check the password offline (B 1.5)", "采用线下密码核验（B 1.5）", "线下核验";
    OtherApp = "other_app", "another app's code, a new scan", "请参保人换一个展码渠道应用重新展码，重新扫码，得到新的 token", "换应用展码";
    GetCertificate = "get_certificate", "call ev_gen_pay_cert", "调用 `ev_gen_pay_cert` 获取付款凭据", "取付款凭据";
    Charge = "charge", "charge exactly ownPaySetlAmt, with payCert, at payChnlName", "用 `payCert` 在 `payChnlName` 按 `ownPaySetlAmt` 原额扣款", "扣款";
    Rescan = "rescan", "scan the patient's code again", "请参保人刷新医保码，重新扫码，得到新的 token", "重新扫码";
    ConfirmCharge = "confirm_charge", "it may have been charged: ask the payment channel, report it, ask again", "可能已经扣款：先向支付渠道核对，用 `ev_report_charge` 回报，再取凭据", "核对扣款";
    AlreadyPaid = "already_paid", "it is paid: charge nothing", "已经付过：不要再扣款", "已付款";
    OtherPayment = "other_payment", "pay in another way", "换其他支付方式", "其他支付";
    RetryLater = "retry_later", "the same again, later", "稍后原样再调用一次", "稍后再试";
    Retry = "retry", "ev_gen_pay_cert again, same serial number, same amount", "再次调用 `ev_gen_pay_cert`，流水号和金额都不变；绝不换流水号", "原样再取";
    FixRequest = "fix_request", "the program has to be put right", "请求或调用有误，由程序的开发人员修改", "联系信息科";
    FixSetup = "fix_setup", "the configuration or the machine has to be put right", "配置或机器有误，由实施人员或信息科修改", "联系信息科";
    AskCentre = "ask_centre", "ask the e-voucher centre", "不结算，不扣款，咨询电子凭证中心", "咨询中心";
}
