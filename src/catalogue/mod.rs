//! The product's own tables: services and their fields, codes with what they mean and what to do,
//! what the operator's screen says, identity documents. Pure data: nothing here looks anything up
//! or speaks to anybody.

pub mod advice;
pub mod codes;
mod codes_centre;
mod codes_own;
pub mod hints;
pub mod id_types;
pub mod next;
mod next_words;
pub mod services;

/// The language of this library's own messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// Chinese.
    #[default]
    Zh,
    /// English.
    En,
}

/// A text in both languages, in the order of [`Language`].
pub type Words = [&'static str; 2];
