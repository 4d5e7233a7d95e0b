//! The tester at the keyboard: goes through cases, and says what was done and seen.

use super::station::{Answer, Station};
use super::{each, table};
use crate::Problem;
use crate::out::Out;
use evoucher::charset::decode_file;
use serde_json::{Value, json};
use std::io::{self, BufRead, IsTerminal, StdinLock};

/// What the tester wants at the prompt of a case.
#[derive(Debug, PartialEq, Eq)]
enum Wish<'a> {
    Finish,
    Press,
    Cancel,
    PutAside(&'a str),
    Skip,
}

fn wish(line: &str) -> Option<Wish<'_>> {
    let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    match (&*word.to_ascii_lowercase(), rest.trim()) {
        ("", "") => Some(Wish::Finish),
        ("p", "") => Some(Wish::Press),
        ("c", "") => Some(Wish::Cancel),
        ("n", reason) if !reason.is_empty() => Some(Wish::PutAside(reason)),
        ("s", "") => Some(Wish::Skip),
        _ => None,
    }
}

fn yes_or_no(line: &str) -> Option<bool> {
    match &*line.to_ascii_lowercase() {
        "y" | "yes" | "是" => Some(true),
        "n" | "no" | "否" => Some(false),
        _ => None,
    }
}

/// What ends the play.
enum Stop {
    /// There is no more input: what is left stays as it is.
    End,
    Problem(Problem),
}

impl From<Problem> for Stop {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Problem(error.into())
    }
}

/// Whoever sits at the keyboard, or the script in their place.
pub struct Tester<'a> {
    station: &'a Station,
    out: &'a Out,
    input: StdinLock<'static>,
    /// What comes through a pipe is printed, so that the output can be read afterwards.
    is_piped: bool,
}

impl<'a> Tester<'a> {
    pub fn new(station: &'a Station, out: &'a Out) -> Self {
        let input = io::stdin();
        Self {
            station,
            out,
            is_piped: !input.is_terminal(),
            input: input.lock(),
        }
    }

    /// Goes through these cases. Those that are named begin anew; of the others, only those that have
    /// come to nothing yet.
    pub fn play(mut self, ids: &[String], named: bool) -> Result<(), Problem> {
        let text = [
            "二维码和参保人的手机在网页上：",
            "codes to scan, and the patient's phone, are on the page: ",
        ];
        let page = self.station.page();
        self.out.line(&format!("{}{page}", self.of(text)))?;
        for id in ids {
            match self.case(id, named) {
                Ok(()) => {}
                Err(Stop::End) => {
                    let text = [
                        "输入已结束，其余各项保持原样",
                        "the input has ended; the other cases stay as they are",
                    ];
                    self.out.line("")?;
                    self.out.line(self.of(text))?;
                    break;
                }
                Err(Stop::Problem(problem)) => return Err(problem),
            }
        }
        Ok(())
    }

    fn case(&mut self, id: &str, named: bool) -> Result<(), Stop> {
        let mut case = self.station.case(id)?;
        let is_left = ["open", "running"]
            .iter()
            .any(|state| case["state"] == *state);
        if !is_left && !named {
            return Ok(());
        }
        let is_of_run = case["ofRun"] == true;
        // One that is under way has its patients already: it is taken up where it was left.
        if !is_of_run && (named || case["state"] == "open") {
            let started = self.station.act(id, "start", &json!({}))?;
            case = self.station.done(started)?;
        }
        self.introduce(&case)?;
        // Figures that the tester has seen in this case.
        let mut told = Vec::new();
        loop {
            let line = self.ask(&self.choices(&case))?;
            let answer = match wish(&line) {
                Some(Wish::Skip) => return Ok(()),
                Some(Wish::Finish) if is_of_run => return self.conclude(id),
                Some(Wish::Finish) => {
                    self.questions(id, &mut told)?;
                    self.station.act(id, "close", &json!({}))?
                }
                Some(Wish::Press) if !is_of_run => self.word(id, &json!({ "pressed": true }))?,
                Some(Wish::Cancel) if case["cancels"] == true => {
                    self.word(id, &json!({ "cancelled": true }))?
                }
                Some(Wish::PutAside(reason)) => {
                    let reason = json!({ "reason": reason });
                    self.station.act(id, "not-applicable", &reason)?
                }
                _ => continue,
            };
            match answer {
                Answer::Done(now) if !is_under_way(&now) => {
                    table::show_case(&now, self.station.tongue, self.out)?;
                    return Ok(());
                }
                Answer::Done(_) => {}
                Answer::NotYet(why) => {
                    self.out.line(&why)?;
                    // Somebody may have ended it at the page.
                    if !is_under_way(&self.station.case(id)?) {
                        return self.conclude(id);
                    }
                }
                Answer::Wrong(why) => self.out.line(&why)?,
            }
        }
    }

    fn introduce(&self, case: &Value) -> io::Result<()> {
        let tongue = self.station.tongue;
        let (id, section) = (&case["id"], &case["section"]);
        let (id, section) = (id.as_str(), section.as_str());
        let (id, section) = (id.unwrap_or_default(), section.unwrap_or_default());
        let title = tongue.text(&case["title"]);
        self.out.line("")?;
        self.out.line(&format!("{id}  {title}  [{section}]"))?;
        for (name, text) in [
            (["要做", "to do"], &case["todo"]),
            (["中心", "centre"], &case["played"]),
        ] {
            let name = table::padded(tongue.of(name), 8);
            self.out.line(&format!("  {name}{}", tongue.text(text)))?;
        }
        // In the same words in either language: scripts look for it.
        for patient in each(&case["patients"]) {
            let (person, token) = (&patient["person"], &patient["token"]);
            let (person, token) = (person.as_str(), token.as_str());
            let (person, token) = (person.unwrap_or_default(), token.unwrap_or_default());
            self.out.line(&format!("  token {person} {token}"))?;
        }
        Ok(())
    }

    /// What may be said at the prompt of a case.
    fn choices(&self, case: &Value) -> String {
        let mut choices = vec![self.of(["Enter 完成，判定", "Enter: done, judge it"])];
        if case["ofRun"] != true {
            choices.push(self.of(["p 我已操作", "p: I pressed it"]));
        }
        if case["cancels"] == true {
            choices.push(self.of(["c 已取消", "c: called off"]));
        }
        choices.push(self.of(["n 原因：不适用", "n REASON: not applicable"]));
        choices.push(self.of(["s 跳过", "s: skip"]));
        choices.join(" | ")
    }

    /// Asks what has no answer yet, and the figures that were not told in this case.
    fn questions(&mut self, id: &str, told: &mut Vec<String>) -> Result<(), Stop> {
        let tongue = self.station.tongue;
        let case = self.station.case(id)?;
        for question in each(&case["questions"]) {
            if !question["answer"].is_null() {
                continue;
            }
            let text = format!("  {} (y/n)", tongue.text(&question["text"]));
            let value = loop {
                if let Some(value) = yes_or_no(&self.ask(&text)?) {
                    break value;
                }
            };
            let answer = json!({ "question": question["id"], "value": value });
            if let Some(why) = refused(self.word(id, &json!({ "answer": answer }))?) {
                self.out.line(&why)?;
            }
        }
        for figure in each(&case["figures"]) {
            let name = figure["name"].as_str().unwrap_or_default();
            if told.iter().any(|told| told == name) {
                continue;
            }
            let known = figure["value"].as_str().unwrap_or_default();
            let text = format!("  {} [{known}]", tongue.text(&figure["title"]));
            loop {
                let value = self.ask(&text)?;
                // What was said to begin with is right, or there is nothing to say yet.
                if value.is_empty() {
                    if !known.is_empty() {
                        told.push(name.to_owned());
                    }
                    break;
                }
                let figure = json!({ "name": name, "value": value });
                match refused(self.word(id, &json!({ "figure": figure }))?) {
                    Some(why) => self.out.line(&why)?,
                    None => {
                        told.push(name.to_owned());
                        break;
                    }
                }
            }
        }
        Ok(())
    }

    fn word(&self, id: &str, word: &Value) -> Result<Answer, Problem> {
        self.station.act(id, "word", word)
    }

    /// Says what a case has come to, and what is still missing.
    fn conclude(&self, id: &str) -> Result<(), Stop> {
        let case = self.station.case(id)?;
        table::show_case(&case, self.station.tongue, self.out)?;
        for text in each(&case["waiting"]) {
            self.out
                .line(&format!("  {}", self.station.tongue.text(text)))?;
        }
        Ok(())
    }

    /// A line of the tester's.
    fn ask(&mut self, text: &str) -> Result<String, Stop> {
        self.out.prompt(&format!("{text} > "))?;
        let mut bytes = Vec::new();
        if self.input.read_until(b'\n', &mut bytes)? == 0 {
            return Err(Stop::End);
        }
        let line = decode_file(&bytes).trim().to_owned();
        if self.is_piped {
            self.out.line(&line)?;
        }
        Ok(line)
    }

    fn of(&self, text: [&'static str; 2]) -> &'static str {
        self.station.tongue.of(text)
    }
}

/// Whether the tester is not done with a case, whatever was found so far.
fn is_under_way(case: &Value) -> bool {
    case["closed"].is_null() && case["reason"].is_null()
}

/// Why something was not taken.
fn refused(answer: Answer) -> Option<String> {
    match answer {
        Answer::Done(_) => None,
        Answer::NotYet(why) | Answer::Wrong(why) => Some(why),
    }
}
