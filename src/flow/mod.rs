//! What the documents say to do with an answer.

pub mod next;
