//! Takes fields out of a configuration by the table, and notes what is wrong with them.

use super::fields::{Field, Kind, Needed, fields};
use crate::error::{Text, text};
use serde_json::{Map, Value};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;
use zeroize::Zeroize;

/// One object of a configuration. What is wrong is noted by the name that whoever wrote it sees
/// there.
pub(super) struct Reader<'a> {
    values: Map<String, Value>,
    /// In front of each name in the table.
    prefix: String,
    folder: Option<&'a Path>,
    pub(super) problems: Vec<Text>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(values: Map<String, Value>, folder: Option<&'a Path>) -> Self {
        Self {
            values,
            prefix: String::new(),
            folder,
            problems: Vec::new(),
        }
    }

    pub(super) fn wrong(&mut self, name: &str, right: Text) {
        let prefix = &self.prefix;
        self.problems.push(right.about(format!("{prefix}{name}")));
    }

    /// What was read; what is wrong with it is noted.
    pub(super) fn noted<T>(&mut self, name: &str, read: Result<T, Text>) -> Option<T> {
        read.map_err(|right| self.wrong(name, right)).ok()
    }

    fn row(&self, name: &str) -> Option<&'static Field> {
        let mut rows = fields().iter();
        rows.find(|row| row.name.strip_prefix(&self.prefix) == Some(name))
    }

    fn kind(&self, name: &str) -> Option<Kind> {
        self.row(name).map(|row| row.kind)
    }

    /// A field's value; null is the same as leaving it out.
    fn take(&mut self, name: &str) -> Option<Value> {
        let value = self.values.remove(name).filter(|value| !value.is_null());
        match self.row(name).map(|row| row.needed) {
            // Who uses a field that the table does not have would hide it from the manuals.
            None => self.wrong(name, unknown()),
            Some(Needed::Yes) if value.is_none() => {
                self.problems
                    .push(text!("缺少 {name}", "{name} is missing"));
            }
            Some(_) => {}
        }
        value
    }

    pub(super) fn text(&mut self, name: &str) -> Option<String> {
        let text = match self.take(name)? {
            Value::String(text) if !text.is_empty() => text,
            other => {
                wipe(other);
                self.wrong(name, should_be(Kind::Text));
                return None;
            }
        };
        let count = text.chars().count();
        if let Some(Kind::Limited(max)) = self.kind(name)
            && count > max
        {
            let right = text!(
                "有 {count} 个字符，最多 {max} 个",
                "{count} characters, {max} at most"
            );
            self.wrong(name, right);
        }
        Some(text)
    }

    /// Text in a form of its own.
    pub(super) fn form<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(&str) -> Result<T, Text>,
    ) -> Option<T> {
        let text = self.text(name)?;
        self.noted(name, read(&text))
    }

    /// Texts in a form of their own.
    pub(super) fn forms<T>(
        &mut self,
        name: &str,
        read: impl Fn(&str) -> Result<T, Text>,
    ) -> Vec<T> {
        let texts = match self.take(name) {
            None => Vec::new(),
            Some(Value::Array(items)) if items.iter().all(Value::is_string) => items,
            Some(_) => {
                self.wrong(name, text!("应为字符串数组", "an array of strings"));
                Vec::new()
            }
        };
        let texts = texts.iter().filter_map(Value::as_str);
        texts
            .filter_map(|text| self.noted(name, read(text)))
            .collect()
    }

    /// One text in a form of its own, or several.
    pub(super) fn one_or_more<T>(
        &mut self,
        name: &str,
        read: impl Fn(&str) -> Result<T, Text>,
    ) -> Vec<T> {
        let Some(kind @ Kind::Several(_, _, max)) = self.kind(name) else {
            self.wrong(name, unknown());
            return Vec::new();
        };
        let items = match self.take(name) {
            None => return Vec::new(),
            Some(Value::Array(items)) => items,
            Some(item) => vec![item],
        };
        if items.is_empty() || items.len() > max {
            self.wrong(name, should_be(kind));
        }
        let texts = items.iter().map(|item| item.as_str().unwrap_or_default());
        texts
            .filter_map(|text| self.noted(name, read(text)))
            .collect()
    }

    pub(super) fn milliseconds(&mut self, name: &str) -> Duration {
        Duration::from_millis(self.number(name))
    }

    pub(super) fn number(&mut self, name: &str) -> u64 {
        let value = self.take(name);
        let Some(kind @ Kind::Number(from, to, default)) = self.kind(name) else {
            self.wrong(name, unknown());
            return 0;
        };
        let number = value.map_or(Some(default), |value| value.as_u64());
        let number = number.filter(|number| (from..=to).contains(number));
        self.noted(name, number.ok_or_else(|| should_be(kind)))
            .unwrap_or(default)
    }

    pub(super) fn choice<T>(
        &mut self,
        name: &str,
        choose: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let text = self.text(name);
        let Some(kind @ Kind::Choice(words, default)) = self.kind(name) else {
            self.wrong(name, unknown());
            return None;
        };
        let word = text.as_deref().unwrap_or(default);
        let choice = words.contains(&word).then(|| choose(word)).flatten();
        self.noted(name, choice.ok_or_else(|| should_be(kind)))
    }

    /// A path, from the configuration file's folder if it is relative.
    pub(super) fn path(&mut self, name: &str) -> Option<PathBuf> {
        let path = PathBuf::from(self.text(name)?);
        if path.is_absolute() {
            return Some(path);
        }
        let path = self.folder.map(|folder| folder.join(path));
        let right = text!(
            "配置不是从文件读取的，此处须用绝对路径",
            "an absolute path, since this configuration does not come from a file"
        );
        self.noted(name, path.ok_or(right))
    }

    /// A field's object, or an empty one without it.
    pub(super) fn object(&mut self, name: &str) -> Map<String, Value> {
        let value = self.take(name);
        self.as_object(name, value)
    }

    /// The fields that the table has under one name.
    pub(super) fn section<T>(&mut self, name: &str, read: impl FnOnce(&mut Reader<'_>) -> T) -> T {
        let value = self.values.remove(name).filter(|value| !value.is_null());
        let values = self.as_object(name, value);
        let mut section = Reader {
            prefix: format!("{name}."),
            ..Reader::new(values, self.folder)
        };
        let read = read(&mut section);
        section.finish();
        self.problems.append(&mut section.problems);
        read
    }

    fn as_object(&mut self, name: &str, value: Option<Value>) -> Map<String, Value> {
        match value {
            None => Map::new(),
            Some(Value::Object(values)) => values,
            Some(_) => {
                self.wrong(name, should_be(Kind::Object));
                Map::new()
            }
        }
    }

    /// Whatever was not taken is not known: a slip of the pen must not be a silent default.
    pub(super) fn finish(&mut self) {
        for (name, value) in std::mem::take(&mut self.values) {
            self.wrong(&name, unknown());
            // The key under a misspelt name is the key.
            wipe(value);
        }
    }
}

/// Drops a value whose texts may be secrets.
fn wipe(value: Value) {
    match value {
        Value::String(mut text) => text.zeroize(),
        Value::Array(items) => items.into_iter().for_each(wipe),
        Value::Object(values) => values.into_iter().for_each(|(_, value)| wipe(value)),
        _ => {}
    }
}

/// What is right, as the table has it.
pub(super) fn should_be(kind: Kind) -> Text {
    let (zh, en) = match kind {
        Kind::Text | Kind::Limited(_) | Kind::Path => {
            ("非空字符串".into(), "a string that is not empty".into())
        }
        Kind::Form(zh, en) | Kind::Texts(zh, en) => (zh.to_owned(), en.to_owned()),
        Kind::Several(zh, en, max) => (
            format!("{zh}；或这样的地址 1 至 {max} 个的数组"),
            format!("{en}; or an array of 1 to {max} of them"),
        ),
        Kind::Choice(words, _) => {
            let words = words.join(" | ");
            (words.clone(), format!("one of {words}"))
        }
        Kind::Number(from, to, _) => (
            format!("{from} 到 {to} 的整数"),
            format!("a whole number from {from} to {to}"),
        ),
        Kind::Object => ("对象".into(), "an object".into()),
    };
    // As Chinese is set: with a space before what is none.
    let space = match zh.as_bytes() {
        [first, ..] if first.is_ascii() => " ",
        _ => "",
    };
    text!("应为{space}{zh}", "{en}")
}

fn unknown() -> Text {
    text!("没有这个配置项", "no such field")
}

/// The largest configuration and key file.
const MAX_FILE: u64 = 1 << 20;

pub(super) fn read_file(path: &Path) -> Result<Vec<u8>, Text> {
    let length = fs::metadata(path).map_err(|error| describe(&error))?.len();
    if length > MAX_FILE {
        return Err(text!(
            "文件有 {length} 字节，最多 {MAX_FILE}",
            "the file has {length} bytes, {MAX_FILE} at most"
        ));
    }
    fs::read(path).map_err(|error| describe(&error))
}

pub(super) fn describe(error: &std::io::Error) -> Text {
    match error.kind() {
        std::io::ErrorKind::NotFound => text!("文件不存在", "no such file"),
        std::io::ErrorKind::PermissionDenied => text!("没有读取权限", "no permission to read it"),
        _ => text!("{error}", "{error}"),
    }
}
