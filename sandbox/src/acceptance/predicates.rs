//! What the rows of the table ask of the traffic, in their words.

use super::evidence::{NOTICE, Record, STATUS};
use super::judge::{Seen, Story};
use crate::texts::Text;
use std::collections::BTreeSet;

/// "At once": nobody presses a button as fast.
const AT_ONCE: u64 = 1000;

/// What was seen, in these exchanges.
pub(super) fn seen<'a>(
    records: impl IntoIterator<Item = &'a Record>,
    zh: impl Into<String>,
    en: impl Into<String>,
) -> Option<Seen> {
    let mut exchanges: Vec<u64> = records.into_iter().map(|record| record.id).collect();
    exchanges.sort_unstable();
    exchanges.dedup();
    Some(Seen {
        text: Text::new(zh.into(), en.into()),
        exchanges,
    })
}

/// Each of them with the one before.
pub(super) fn pairs<'a>(
    records: impl Iterator<Item = &'a Record>,
) -> impl Iterator<Item = (&'a Record, &'a Record)> {
    let records: Vec<_> = records.collect();
    let behind = records.clone().into_iter().skip(1);
    records.into_iter().zip(behind)
}

/// An amount as a number is compared: 12.5 is 012.50.
pub(super) fn plain(amount: &str) -> (&str, &str) {
    let (whole, part) = amount.split_once('.').unwrap_or((amount, ""));
    (whole.trim_start_matches('0'), part.trim_end_matches('0'))
}

fn gap(before: &Record, after: &Record) -> u64 {
    after.time.saturating_sub(before.time)
}

impl<'a> Story<'a> {
    pub(super) fn any_request(&self) -> Option<Seen> {
        let all = self.records.iter().copied();
        self.records.first()?;
        seen(all, "收到了请求", "requests came")
    }

    /// A request to this service, where none may be.
    pub(super) fn any_of(&self, service: &'static str) -> Option<Seen> {
        self.of(service).next()?;
        seen(
            self.of(service),
            format!("收到了 {service} 请求"),
            format!("{service} came"),
        )
    }

    fn is_pressed(&self, from: u64, to: u64) -> bool {
        self.presses().any(|time| (from..=to).contains(&time))
    }

    /// More notices than the tester asked for, or one that came faster than anybody asks.
    pub(super) fn second_notice(&self) -> Option<Seen> {
        for token in tokens(self.of(NOTICE)) {
            let notices: Vec<_> = self.of(NOTICE).filter(|one| one.token == token).collect();
            let is_automatic = |(before, after): (&Record, &Record)| {
                let at_once = after.time < before.end() + AT_ONCE;
                at_once && !self.is_pressed(before.time, after.time)
            };
            let too_many = notices.len() > 1 + self.presses().count();
            if too_many || pairs(notices.iter().copied()).any(is_automatic) {
                return seen(
                    notices,
                    "未经测试人员操作，又发了一次核验通知",
                    "a second notice, unasked",
                );
            }
        }
        None
    }

    /// A request again within a second of the last one's end, though nobody asked for it.
    pub(super) fn again_at_once(&self, services: &[&'static str]) -> Option<Seen> {
        for service in services {
            let is_fast = |(before, after): &(&Record, &Record)| {
                before.token == after.token
                    && after.time < before.end() + AT_ONCE
                    && !self.is_pressed(before.time, after.time)
            };
            if let Some((before, after)) = pairs(self.of(service)).find(is_fast) {
                return seen(
                    [before, after],
                    format!("被拒后不到 1 秒又请求 {service}"),
                    format!("{service} again within a second of a refusal"),
                );
            }
        }
        None
    }

    /// The last reply before the tester's "settled" that let it.
    fn verified(&self) -> Option<(u64, Option<&'a Record>)> {
        let settled = self.said_yes("settled")?;
        let letting = |record: &&&Record| record.lets_settle() && record.end() <= settled;
        Some((settled, self.records.iter().rfind(letting).copied()))
    }

    pub(super) fn settled_unverified(&self) -> Option<Seen> {
        let (_, last) = self.verified()?;
        match last {
            Some(_) => None,
            None => seen(
                self.of(STATUS),
                "结算之前没有查到“已核验”",
                "settled, and no query before had said that it was verified",
            ),
        }
    }

    /// Settled more than so many seconds after the last word that it may.
    pub(super) fn settled_late(&self, seconds: u64) -> Option<Seen> {
        let (settled, last) = self.verified()?;
        let last = last?;
        let late = settled.saturating_sub(last.end()) / 1000;
        if late <= seconds {
            return None;
        }
        seen(
            [last],
            format!("最后一次“已核验”在结算之前 {late} 秒"),
            format!("the last query that said so was {late} s before"),
        )
    }

    /// A status query for a token that no notice was sent for.
    pub(super) fn status_of_another_token(&self) -> Option<Seen> {
        let notified = tokens(self.of(NOTICE));
        let strange: Vec<_> = self
            .of(STATUS)
            .filter(|status| !notified.contains(&*status.token))
            .collect();
        if notified.is_empty() || strange.is_empty() {
            return None;
        }
        seen(
            strange,
            "状态查询的令牌与通知的不一致",
            "status of another token than the notice's",
        )
    }

    /// Notices with different tokens.
    pub(super) fn notices_of_two_tokens(&self) -> Option<Seen> {
        let is_one = tokens(self.of(NOTICE)).len() < 2;
        match is_one {
            true => None,
            false => seen(
                self.of(NOTICE),
                "重新通知时换了令牌",
                "notified again with another token",
            ),
        }
    }

    /// A token of an earlier scan after one of a later.
    pub(super) fn old_token_again(&self) -> Option<Seen> {
        let scan = |record: &Record| {
            self.scans
                .iter()
                .position(|scan| scan.token == record.token)
        };
        let mut newest = None;
        for record in self.records {
            let at = scan(record);
            if at.is_some() && at < newest {
                return seen(
                    [*record],
                    "重新扫码后仍用旧令牌",
                    "the old token after a new scan",
                );
            }
            newest = newest.max(at);
        }
        None
    }

    /// A token again that the centre had refused.
    pub(super) fn refused_token_again(&self) -> Option<Seen> {
        let is_again = |after: &&&Record| {
            let refuses = |before: &&&Record| {
                before.token == after.token
                    && before.id != after.id
                    && before.end() <= after.time
                    && matches!(before.code, Some(500_001 | 500_008))
            };
            self.records.iter().any(|before| refuses(&before))
        };
        let again = self.records.iter().find(is_again)?;
        seen(
            [*again],
            "被拒的令牌又用了一次",
            "a token that was refused, again",
        )
    }

    /// Only one query, though its reply was lost.
    pub(super) fn never_asked_again(&self) -> Option<Seen> {
        let mut queries = self.of(STATUS);
        let first = queries.next().filter(|first| !first.heard)?;
        match queries.next() {
            Some(_) => None,
            None => seen([first], "只查了一次状态，没有再查", "it never asked again"),
        }
    }

    /// The patient has entered the right password, and nobody asked afterwards.
    pub(super) fn gave_up(&self) -> Option<Seen> {
        let right = self.phone.iter().find(|answer| answer.right)?;
        let asked = |status: &Record| status.time >= right.time;
        if self.of(STATUS).any(asked) || self.cancelled().is_some() {
            return None;
        }
        seen(
            self.of(STATUS),
            "输入正确密码之后没有再查状态",
            "no query after the right password",
        )
    }

    /// Two queries that follow each other, where the tester pressed nothing between.
    fn polls(&self) -> impl Iterator<Item = (&'a Record, &'a Record)> {
        let pairs = pairs(self.of(STATUS));
        pairs.filter(|(before, after)| {
            before.token == after.token && !self.is_pressed(before.time, after.time)
        })
    }

    pub(super) fn polls_too_fast(&self) -> Option<Seen> {
        let (before, after) = self
            .polls()
            .find(|(before, after)| gap(before, after) < AT_ONCE)?;
        let ms = gap(before, after);
        seen(
            [before, after],
            format!("两次查询相隔 {ms} 毫秒"),
            format!("{ms} ms between two queries"),
        )
    }

    /// No slower after it was told that it asks too often.
    pub(super) fn polls_on_as_fast(&self) -> Option<Seen> {
        let usual = self.polls().filter(|(before, _)| !before.is_limited());
        let usual = usual.map(|(before, after)| gap(before, after)).min()?;
        let is_as_fast = |(before, after): &(&Record, &Record)| {
            before.is_limited() && gap(before, after) * 2 < usual * 3
        };
        let (before, after) = self.polls().find(is_as_fast)?;
        let ms = gap(before, after);
        seen(
            [before, after],
            format!("触发限流后隔 {ms} 毫秒又查，平时隔 {usual} 毫秒"),
            format!("{ms} ms after the rate limit, and {usual} ms else"),
        )
    }

    /// Requests later than this after the tester called it off.
    pub(super) fn after_cancelling(&self, ms: u64) -> Option<Seen> {
        let cancelled = self.cancelled()?;
        let late = |record: &&&Record| record.time > cancelled + ms;
        let late: Vec<_> = self.records.iter().filter(late).copied().collect();
        match late.is_empty() {
            true => None,
            false => seen(late, "取消之后仍有请求", "requests after it was called off"),
        }
    }

    /// The first notice whose `totalAmount` this is wrong of.
    pub(super) fn total(&self, is_wrong: fn(&serde_json::Value, &str) -> bool) -> Option<Seen> {
        let figure = self.figure("total");
        let wrong = |notice: &&Record| is_wrong(&notice.inner()["totalAmount"], figure);
        let notice = self.of(NOTICE).find(wrong)?;
        let sent = notice.inner()["totalAmount"].clone();
        seen(
            [notice],
            format!("totalAmount 为 {sent}，HIS 显示 {figure}"),
            format!("totalAmount is {sent}, the HIS shows {figure}"),
        )
    }

    /// One window with two patients' tokens, or one token in two windows.
    pub(super) fn windows_mixed(&self) -> Option<Seen> {
        let sent: Vec<_> = self
            .records
            .iter()
            .filter(|one| !one.dev_id.is_empty())
            .collect();
        let mixes = |one: &Record, other: &Record| {
            let same = (
                one.dev_id == other.dev_id,
                self.person(one) == self.person(other),
            );
            same.0 != same.1
        };
        let mixed = |one: &&&Record| sent.iter().any(|other| mixes(one, other));
        let wrong: Vec<_> = sent
            .iter()
            .copied()
            .filter(|one| mixed(one))
            .copied()
            .collect();
        match wrong.is_empty() {
            true => None,
            false => seen(
                wrong,
                "令牌与窗口（devId）对不上",
                "tokens and windows (devId) are mixed up",
            ),
        }
    }
}

fn tokens<'a>(records: impl Iterator<Item = &'a Record>) -> BTreeSet<&'a str> {
    records.map(|record| &*record.token).collect()
}
