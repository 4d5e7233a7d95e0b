//! Why a call did not end well, in words for the operator's screen, and what is known of its
//! delivery.

use crate::catalogue::codes::meaning;
use crate::catalogue::next::Next;
use std::fmt::Display;

pub use crate::catalogue::Language;

/// One text in both languages, made by the macro `text!`.
///
/// It never holds a key, a token, a name or a number of a person: it ends up on screens and in
/// logs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
    /// What the log says instead, where this quotes a name from a request or a reply.
    quiet: Option<Box<Self>>,
}

impl Text {
    /// A text that quotes nobody.
    pub fn new(zh: String, en: String) -> Self {
        let quiet = None;
        Self { zh, en, quiet }
    }

    /// The same where it quotes a field's name from a request or a reply: whoever wrote that may
    /// see it, but it may be a secret that stands in the wrong place, so that the log says `quiet`.
    pub fn quoting(self, quiet: Self) -> Self {
        let quiet = Some(Box::new(quiet));
        Self { quiet, ..self }
    }

    /// The text as the log may have it.
    pub fn for_log(&self) -> &Self {
        self.quiet.as_deref().unwrap_or(self)
    }

    /// Another text around this one, as it is and as the log may have it.
    pub fn wrap(&self, around: impl Fn(&Self) -> Self) -> Self {
        let quiet = self.quiet.as_deref().map(|quiet| Box::new(around(quiet)));
        Self {
            quiet,
            ..around(self)
        }
    }

    /// The text in one language.
    pub fn in_language(&self, language: Language) -> &str {
        match language {
            Language::Zh => &self.zh,
            Language::En => &self.en,
        }
    }

    /// The same with what it is about in front.
    pub fn about(&self, what: impl Display) -> Self {
        self.wrap(|text| {
            let (zh, en) = (&text.zh, &text.en);
            text!("{what}：{zh}", "{what}: {en}")
        })
    }

    /// Several texts as one sentence.
    pub fn join(texts: &[Self]) -> Self {
        let join = |part: fn(&Self) -> &str, separator| {
            texts.iter().map(part).collect::<Vec<_>>().join(separator)
        };
        let whole = Self::new(join(|text| &text.zh, "；"), join(|text| &text.en, "; "));
        if texts.iter().all(|text| text.quiet.is_none()) {
            return whole;
        }
        let quiet = Self::new(
            join(|text| &text.for_log().zh, "；"),
            join(|text| &text.for_log().en, "; "),
        );
        whole.quoting(quiet)
    }
}

/// Formats a [`Text`]: `text!("中文 {x}", "English {x}")`.
macro_rules! text {
    ($zh:literal, $en:literal) => {
        $crate::error::Text::new(format!($zh), format!($en))
    };
}
pub(crate) use text;

/// What is known about a request's bytes (`delivery` of a reply).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// The centre cannot have seen it: it may be repeated freely.
    NotSent,
    /// It may have been processed.
    Unknown,
    /// The centre answered.
    Answered,
}

impl Delivery {
    /// As replies spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotSent => "not_sent",
            Self::Unknown => "unknown",
            Self::Answered => "answered",
        }
    }
}

/// A call that ended without a usable answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// One of the constants of [`crate::catalogue::codes`].
    pub code: i32,
    /// What is known of the request.
    pub delivery: Delivery,
    /// What happened, and what would be right.
    pub detail: Text,
    /// What to do now where the code alone does not tell; else it is the catalogue's.
    pub next: Option<Next>,
    /// The language that a refused configuration asks for; else it is the client's.
    pub language: Option<Language>,
}

impl Failure {
    /// A failure, and what is known of the request.
    pub fn new(code: i32, delivery: Delivery, detail: Text) -> Self {
        Self {
            code,
            delivery,
            detail,
            next: None,
            language: None,
        }
    }

    /// A failure before anything was sent.
    pub fn not_sent(code: i32, detail: Text) -> Self {
        Self::new(code, Delivery::NotSent, detail)
    }

    /// The same for a configuration that asks for a language.
    pub fn in_language(self, language: Language) -> Self {
        Self {
            language: Some(language),
            ..self
        }
    }

    /// The code's meaning, and then the detail.
    pub fn text(&self) -> Text {
        match meaning(self.code) {
            Some(meaning) => self.detail.wrap(|detail| {
                Text::new(
                    format!("{}：{}", meaning.zh, detail.zh),
                    format!("{}: {}", meaning.en, detail.en),
                )
            }),
            None => self.detail.clone(),
        }
    }

    /// The same in one language.
    pub fn message(&self, language: Language) -> String {
        self.text().in_language(language).to_owned()
    }

    /// The same as the log may have it.
    pub fn message_for_log(&self, language: Language) -> String {
        self.text().for_log().in_language(language).to_owned()
    }
}
