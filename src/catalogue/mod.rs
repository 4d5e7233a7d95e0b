//! The product's own tables: services and their fields, codes with what they mean and what to do,
//! identity documents. Pure data: nothing here looks anything up or speaks to anybody.

pub mod advice;
pub mod codes;
pub mod next;
pub mod services;
