//! Why a transaction does not go on, as it is told.

use super::amount::Amount;
use super::record::{IssuedBefore, Record};
use super::state::{Reason, State};
use crate::catalogue::codes::{EV_DUPLICATE, EV_ISSUED_BEFORE};
use crate::catalogue::hints::Cause;
use crate::catalogue::services::GEN_PAY_CERT;
use crate::error::{Failure, Language, Text, text};
use crate::reply::Reply;
use serde_json::json;
use zeroize::Zeroizing;

/// A refusal: nothing may be sent.
#[derive(Debug)]
pub(super) struct Refusal {
    reason: Reason,
    state: State,
    amount: Option<String>,
    before: Vec<IssuedBefore>,
}

impl Refusal {
    /// By what is known of the transaction.
    pub(super) fn new(reason: Reason, record: &Record) -> Self {
        Self {
            reason,
            state: record.state,
            amount: record.amount.as_ref().map(Amount::to_string),
            before: record.issued_before(),
        }
    }

    /// This process has it in flight already.
    pub(super) fn in_flight(amount: &Amount) -> Self {
        Self {
            reason: Reason::InFlight,
            state: State::None,
            amount: Some(amount.to_string()),
            before: Vec::new(),
        }
    }

    fn detail(&self) -> Text {
        let amount = self.amount.as_deref().unwrap_or_default();
        match self.reason {
            Reason::InFlight => text!(
                "同一流水号（fixmedinsTrnsSn）的请求正在处理，请等待其结果",
                "a request with the same fixmedinsTrnsSn is in flight: wait for its reply"
            ),
            Reason::OtherAmount => text!(
                "同一流水号（fixmedinsTrnsSn）已用另一金额（{amount}）请求过付款凭据：继续这笔交易须用原金额；更正后的账单，须待这笔交易了结后另行办理",
                "this fixmedinsTrnsSn came before with another amount ({amount}): go on with this transaction at the same amount; a corrected bill is a transaction of its own, once this one is settled"
            ),
            Reason::Issued => text!(
                "先向支付渠道查询这笔交易（{amount}），用 ev_report_charge 回报结果，再取凭据",
                "ask the payment channel what became of this transaction ({amount}), report it with ev_report_charge, then ask again"
            ),
            Reason::Paid => text!(
                "这笔交易（{amount}）已回报为扣款成功，不要再扣款",
                "this transaction ({amount}) was reported as paid: charge nothing"
            ),
        }
    }

    /// The answer to whoever asked for a certificate of this amount.
    pub(super) fn reply(&self, now: &Amount, language: Language) -> Reply {
        let code = match self.reason {
            Reason::Issued => EV_ISSUED_BEFORE,
            _ => EV_DUPLICATE,
        };
        self.answer(code, self.detail(), now, language)
    }

    /// The answer to whoever reported what became of a charge of this amount.
    pub(super) fn report_reply(&self, now: &Amount, language: Language) -> Reply {
        let before = self.amount.as_deref().unwrap_or_default();
        let detail = match self.reason {
            Reason::OtherAmount => text!(
                "回报的金额 {now} 与这笔交易的金额 {before} 不同，没有记录；实际扣款必须与凭据的金额一致，请向支付渠道核对",
                "the reported amount {now} is not this transaction's {before}: nothing was noted; what is charged must be the certificate's amount: ask the payment channel"
            ),
            Reason::Paid => text!(
                "这笔交易（{before}）已回报为扣款成功，没有改动",
                "this transaction ({before}) was reported as paid: nothing was changed"
            ),
            _ => self.detail(),
        };
        Reply {
            service: None,
            ..self.answer(EV_DUPLICATE, detail, now, language)
        }
    }

    fn answer(&self, code: i32, detail: Text, now: &Amount, language: Language) -> Reply {
        let before = self.amount.clone().unwrap_or_default();
        let cause = match self.reason {
            Reason::InFlight => Cause::InFlight,
            Reason::OtherAmount => Cause::OtherAmount {
                before: before.clone(),
                now: now.to_string(),
            },
            Reason::Issued => Cause::Code(EV_ISSUED_BEFORE),
            Reason::Paid => Cause::Paid,
        };
        let data = json!({
            "reason": self.reason.as_str(),
            "amount": before,
            "issuedBefore": self.before,
        });
        let failure = Failure::not_sent(code, detail);
        let reply = Reply {
            data: Some(Zeroizing::new(data.to_string())),
            ..Reply::failed(&failure, language, Some(&GEN_PAY_CERT.desk))
        };
        reply.advising(self.reason.next(self.state), cause)
    }
}
