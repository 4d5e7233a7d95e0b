//! What a program says became of a charge (`ev_report_charge`).

use super::amount::Amount;
use super::journal::{Durable, Journal};
use super::memory::Reserved;
use super::record::{Key, Record};
use super::refusal::Refusal;
use super::state::{Outcome, may_report};
use super::{Stop, transaction_of};
use crate::catalogue::codes::EV_JOURNAL;
use crate::catalogue::hints::Cause;
use crate::catalogue::next::Next;
use crate::catalogue::services::GEN_PAY_CERT;
use crate::config::Config;
use crate::error::Delivery;
use crate::json;
use crate::reply::Reply;

/// Notes what became of a charge, by a report that was checked; or says why it is not noted.
pub fn report(config: &Config, report: &str) -> Reply {
    let (key, amount) = transaction_of(config, report);
    let outcome = json::at_path(report, "outcome").and_then(json::string);
    let is_it = |known: &Outcome| outcome.as_deref() == Some(known.as_str());
    // It was checked: it is one of them.
    let outcome = Outcome::ALL
        .into_iter()
        .find(is_it)
        .unwrap_or(Outcome::Unknown);
    let language = config.language;
    let next = match outcome {
        Outcome::Paid => None,
        Outcome::Failed => Some(Next::Retry),
        Outcome::Unknown => Some(Next::ConfirmCharge),
    };
    match note(config, &key, &amount, outcome) {
        Ok(known) => {
            let data = serde_json::json!({ "outcome": outcome.as_str(), "known": known });
            Reply {
                next,
                ..Reply::local(language, Some(data.to_string()))
            }
        }
        Err(Stop::Refused(refusal)) => refusal.report_reply(&amount, language),
        Err(Stop::Trouble(trouble)) => {
            let failure = trouble.failure(Delivery::NotSent);
            let reply = Reply {
                service: None,
                ..Reply::failed(&failure, language, Some(&GEN_PAY_CERT.desk))
            };
            // What is to be done about the charge does not depend on the note: paying in another
            // way, while it may have been made, would be paying twice.
            reply.advising(next.unwrap_or(Next::AlreadyPaid), Cause::Code(EV_JOURNAL))
        }
    }
}

/// Whether the transaction was known before.
fn note(config: &Config, key: &Key, amount: &Amount, outcome: Outcome) -> Result<bool, Stop> {
    let (reserved, remembered) =
        Reserved::new(key).ok_or_else(|| Stop::Refused(Refusal::in_flight(amount)))?;
    let journal = config.risk.journal.as_ref().map(Journal::new).transpose()?;
    let check = |record: &Record| {
        let in_flight = record.flight.is_some();
        may_report(record.state, in_flight, record.has_other(amount), outcome)
            .map_err(|reason| Refusal::new(reason, record))
    };
    let checked = match &journal {
        None => check(&remembered).map(|is_new| (remembered, is_new)),
        Some(journal) => journal.step(config.timeout, Durable::Yes, |step| {
            let record = step.record(key)?;
            let record = if record.is_known() {
                record
            } else {
                remembered
            };
            let is_new = match check(&record) {
                Ok(is_new) => is_new,
                Err(refusal) => return Ok(Err(refusal)),
            };
            if is_new {
                step.add(key, outcome.event(), amount)?;
            }
            Ok(Ok((record, is_new)))
        })?,
    };
    let (mut record, is_new) = checked.map_err(Stop::Refused)?;
    let was_known = record.is_known();
    if is_new {
        record.end(outcome.event(), amount);
    }
    reserved.give_back(record);
    Ok(was_known)
}
