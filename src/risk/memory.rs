//! What a process remembers of its own transactions.

use super::record::{Key, Record};
use crate::os::per_process::PerProcess;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How many transactions are remembered. A window's cashier makes a few hundred a day.
const REMEMBERED: usize = 10_000;

#[derive(Debug, Default)]
struct Memory {
    records: BTreeMap<Arc<Key>, Record>,
    /// In the order in which they are forgotten.
    order: VecDeque<Arc<Key>>,
    in_flight: BTreeSet<Key>,
}

fn memory() -> MutexGuard<'static, Memory> {
    static MEMORY: PerProcess<Mutex<Memory>> = PerProcess::new();
    let memory = MEMORY.get_or_init(Mutex::default);
    memory.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A transaction that this process has in flight, for as long as this lives.
#[derive(Debug)]
pub(super) struct Reserved {
    key: Key,
}

impl Reserved {
    /// Takes a transaction, with what is remembered of it; `None` if somebody has it.
    pub(super) fn new(key: &Key) -> Option<(Self, Record)> {
        let mut memory = memory();
        let is_free = memory.in_flight.insert(key.clone());
        let record = memory.records.get(key).cloned().unwrap_or_default();
        is_free.then(|| (Self { key: key.clone() }, record))
    }

    /// Remembers what is known of it now.
    pub(super) fn give_back(&self, record: Record) {
        memory().put(&self.key, record);
    }
}

impl Drop for Reserved {
    fn drop(&mut self) {
        memory().in_flight.remove(&self.key);
    }
}

impl Memory {
    fn put(&mut self, key: &Key, record: Record) {
        if !record.is_known() {
            return;
        }
        if let Some(known) = self.records.get_mut(key) {
            *known = record;
            return;
        }
        let key = Arc::new(key.clone());
        self.order.push_back(Arc::clone(&key));
        self.records.insert(key, record);
        if self.records.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.records.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::risk::amount::Amount;
    use crate::risk::state::Event;

    #[test]
    fn ten_thousand_are_remembered_and_not_more() {
        let mut memory = Memory::default();
        let key = |serial: usize| Key {
            org_id: String::new(),
            org_codg: String::new(),
            serial: serial.to_string(),
        };
        let mut record = Record::default();
        record.end(Event::Issued, &Amount::new("1"));
        for serial in 0..=REMEMBERED {
            memory.put(&key(serial), record.clone());
        }
        assert_eq!(memory.records.len(), REMEMBERED);
        assert_eq!(memory.order.len(), REMEMBERED);
        assert!(!memory.records.contains_key(&key(0)), "the oldest");
        assert!(memory.records.contains_key(&key(REMEMBERED)));
    }
}
