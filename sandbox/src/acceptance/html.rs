//! The report as one HTML file in Chinese, to be printed and handed in.

use super::cases::Weight;
use super::evidence::Record;
use super::judge::{Finding, State};
use super::report::{Report, Serial, Shown};
use crate::texts;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use std::collections::BTreeSet;
use std::time::{Duration, UNIX_EPOCH};

const STYLE: &str = include_str!("report.css");

/// Whatever came over the wire is text here: maud escapes it.
pub(crate) fn page(report: &Report<'_>) -> String {
    let about = report.about;
    // What stands under its own case is only named under those that judge every request.
    let own = report.cases.iter().filter(|case| !case.of_run);
    let own = own.flat_map(|case| &case.exchanges);
    let elsewhere: BTreeSet<u64> = own.map(|brief| brief.id).collect();
    let markup = html! {
        (DOCTYPE)
        html lang="zh-CN" {
            head {
                meta charset="UTF-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { "联调验收报告 " (about.institution) " " (about.program) " " (about.version) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                h1 { "医保电子凭证联调验收报告" }
                p.note { "在模拟的地方电子凭证中心上进行；令牌、姓名、付款凭据均为模拟数据。未进行的项目不作任何结论。" }
                (head(report))
                (summary(report))
                h2 { "条款与验收项" }
                (matrix(report))
                h2 { "各项结论" }
                @for case in &report.cases { (one(case, &elsewhere)) }
                h2 { "付款凭据（按流水号）" }
                (serials(&report.serials))
                (signatures())
            }
        }
    };
    markup.into_string()
}

fn or_dash(text: &str) -> &str {
    if text.is_empty() { "—" } else { text }
}

fn head(report: &Report<'_>) -> Markup {
    let about = report.about;
    let ends = report.cases.iter().flat_map(|case| &case.exchanges);
    let last = ends.map(|brief| brief.time).max();
    html! {
        table.head {
            tr { th { "定点医药机构" } td { (or_dash(&about.institution)) } th { "测试人员" } td { (or_dash(&about.tester)) } }
            tr { th { "被测程序" } td { (or_dash(&about.program)) } th { "版本" } td { (or_dash(&about.version)) } }
            tr { th { "开始" } td { (when(about.started)) } th { "最后一次交互" } td { (last.map_or("—".to_owned(), when)) } }
            tr { th { "报告生成" } td { (when(report.made)) } th { "模拟中心版本、种子" } td { (report.sandbox) "、" (about.seed) } }
            tr { th { "应付金额" } td { (or_dash(&about.amount)) } th { "医疗费总额" } td { (or_dash(&about.total)) } }
        }
    }
}

fn summary(report: &Report<'_>) -> Markup {
    html! {
        table.counts {
            tr { @for count in &report.counts { th { (count.title.zh) } } th { "合计" } }
            tr { @for count in &report.counts { td { (count.cases) } } td { (report.cases.len()) } }
        }
        @if report.loose > 0 || report.left_out > 0 {
            p.note {
                "另有 " (report.loose) " 次请求不属于任何一项，只按 E01–E05、C14 判定"
                @if report.left_out > 0 { "；还有 " (report.left_out) " 次超出保留数量，未作判定" }
                "。"
            }
        }
    }
}

/// The class of a state, by which it is coloured; its words stand beside it.
fn class(state: State) -> &'static str {
    match state {
        State::Passed => "passed",
        State::Warning => "warning",
        State::Failed => "failed",
        State::Open | State::Running | State::NotApplicable => "none",
    }
}

fn matrix(report: &Report<'_>) -> Markup {
    html! {
        table.matrix {
            tr { th { "条款" } th { "验收项" } }
            @for row in &report.matrix {
                tr {
                    td { @if row.section == "–" { "（建议）" } @else { (row.section) } }
                    td {
                        @for cell in &row.cases {
                            a class=(class(cell.state)) href={ "#" (cell.id) } { (cell.id) " " (cell.state.title().zh) }
                            " "
                        }
                    }
                }
            }
        }
    }
}

fn one(case: &Shown<'_>, elsewhere: &BTreeSet<u64>) -> Markup {
    let evidence = case.evidence.as_deref().unwrap_or_default();
    let evidence = evidence
        .iter()
        .filter(|record| !case.of_run || !elsewhere.contains(&record.id));
    // Where something is still missing, what was not broken may not have been tried.
    let is_judged = class(case.state) != "none";
    let is_whole = is_judged && case.waiting.is_empty();
    html! {
        section id=(case.id) {
            h3 { (case.id) " " (case.title.zh) " " span class=(class(case.state)) { (case.state_title.zh) } }
            p { b { "条款：" } (case.section) }
            p { b { "中心的安排：" } (case.played.zh) }
            p { b { "操作：" } (case.todo.zh) }
            @if let Some(reason) = case.reason { p { b { "不适用的原因：" } (reason) } }
            @if case.state == State::Open { p.note { "未进行，不作结论。" } }
            @if case.state == State::Running {
                p.note { "尚未完成，不作结论。" }
                ul { @for text in &case.waiting { li { (text.zh) } } }
            }
            @if is_judged && !case.findings.is_empty() { (findings(&case.findings)) }
            @if is_whole && !case.rules.is_empty() {
                ul {
                    @for rule in &case.rules {
                        @let is_broken = case.findings.iter().any(|finding| finding.rule == rule.id);
                        li { (if is_broken { "不符合：" } else { "符合：" }) (rule.expected.zh) "（" (rule.section) "）" }
                    }
                }
            }
            @if !case.questions.is_empty() && case.started.is_some() {
                table.questions {
                    tr { th { "测试人员的回答" } th {} }
                    @for question in &case.questions {
                        tr { td { (question.text.zh) } td { (answer(question.answer)) } }
                    }
                    @for figure in &case.figures {
                        tr { td { (figure.title.zh) } td { (or_dash(&figure.value)) } }
                    }
                }
            }
            @for record in evidence { (exchange(record)) }
            @if case.left_out > 0 { p.note { "另有 " (case.left_out) " 次交互超出保留数量。" } }
        }
    }
}

fn answer(said: Option<bool>) -> &'static str {
    match said {
        Some(true) => "是",
        Some(false) => "否",
        None => "未回答",
    }
}

fn findings(findings: &[Finding]) -> Markup {
    html! {
        table.findings {
            tr { th { "结论" } th { "条款" } th { "应当" } th { "实际" } th { "交互" } }
            @for finding in findings {
                tr {
                    @let (class, title) = match finding.weight {
                        Weight::Fails => ("failed", "不通过"),
                        Weight::Warns => ("warning", "警告"),
                    };
                    td class=(class) { (title) }
                    td { (finding.section) }
                    td { (finding.expected.zh) }
                    td { (finding.seen.zh) }
                    td { @for id in &finding.exchanges { a href={ "#x" (id) } { (id) } " " } }
                }
            }
        }
    }
}

/// One exchange, opened.
fn exchange(record: &Record) -> Markup {
    let title = texts::service(&record.service).zh;
    html! {
        details open id={ "x" (record.id) } {
            summary {
                "交互 " (record.id) "　" (when(record.time)) "　"
                @if title.is_empty() { (record.method) " " (record.path) } @else { (title) " " (record.service) }
                "　" (record.result)
                @if !record.fault.is_empty() { "　故障 " (record.fault) }
            }
            table.exchange {
                tr { th { "请求" } td { pre { (record.method) " " (record.path) "\n" (record.content_type) "\n" (record.body) @if record.cut { "…" } } } }
                @if let Some(opened) = &record.opened { tr { th { "解密后" } td { pre { (opened) } } } }
                @match record.status {
                    Some(status) => tr { th { "应答" } td { pre { "HTTP " (status) "\n" (record.reply) } } },
                    None => tr { th { "应答" } td { "无" } },
                }
                @if let Some(plain) = &record.plain { tr { th { "解密后" } td { pre { (plain) } } } }
                @if !record.heard { tr { th {} td { "中心的应答没有完整到达，或不是中心所发。" } } }
            }
        }
    }
}

fn serials(serials: &[Serial]) -> Markup {
    html! {
        @if serials.is_empty() { p.note { "没有取过付款凭据。" } } @else {
            table {
                tr { th { "流水号" } th { "验收项" } th { "金额" } th { "请求凭据" } th { "签发" } th { "模拟渠道扣款" } }
                @for serial in serials {
                    tr {
                        td { (serial.serial) } td { (serial.case) } td { (serial.amounts.join("、")) }
                        td { (serial.asked) } td { (serial.issued) } td { (serial.charged) }
                    }
                }
            }
            p.note { "在机构自己的渠道上的扣款，以测试人员的回答为准。" }
        }
    }
}

fn signatures() -> Markup {
    html! {
        table.signatures {
            tr { th { "测试人员（签字）" } th { "定点医药机构（盖章）" } th { "地方电子凭证中心（审核）" } }
            tr { td {} td {} td {} }
            tr { td { "日期：" } td { "日期：" } td { "日期：" } }
        }
    }
}

/// China's time, to the second; a dash for none.
fn when(ms: u64) -> String {
    if ms == 0 {
        return "—".to_owned();
    }
    const CHINA: u64 = 8 * 60 * 60 * 1000;
    let time = UNIX_EPOCH + Duration::from_millis(ms + CHINA);
    let date = httpdate::HttpDate::from(time).to_string();
    // "Sun, 06 Nov 1994 08:49:37 GMT", put in the order that is read here.
    let parts: Vec<&str> = date
        .split([' ', ','])
        .filter(|part| !part.is_empty())
        .collect();
    let [_, day, month, year, clock, _] = parts[..] else {
        return date;
    };
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let month = MONTHS
        .iter()
        .position(|name| *name == month)
        .map_or(0, |at| at + 1);
    format!("{year}-{month:02}-{day} {clock}")
}

#[cfg(test)]
mod tests {
    #[test]
    fn times_are_chinas() {
        assert_eq!(super::when(1_700_000_000_000), "2023-11-15 06:13:20");
    }
}
