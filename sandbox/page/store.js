// What the page knows: the station's state, loaded once and kept up to date by its stream of events. Views read it and are told,
// at most once a frame, that something of theirs has changed.

import { BASE, call } from './api.js';

const KEPT = 10000;
const TRIM = 500; // how many more are borne before the oldest go, so that not every event moves the whole array

/// `exchanges`: summaries, oldest first, by growing id. `patients`: by token, newest last. The others are as the interface has them.
export const store = {
  exchanges: [], loaded: false, patients: new Map(), faults: null, channel: null, run: null, setup: null, faultKinds: null, patientKinds: null,
  connection: 'waiting', // open, lost
  generation: 0, // another one: everything was forgotten
};

const listeners = new Map(); // what changed → functions
const changed = new Set();
let frame = 0;

/// Calls `listener` in a frame after `what` (exchanges, patients, faults, channel, run, setup, connection) changed; answers how to stop it.
export function on(what, listener) {
  if (!listeners.has(what)) listeners.set(what, new Set());
  listeners.get(what).add(listener);
  return () => listeners.get(what).delete(listener);
}

function change(what) {
  changed.add(what);
  frame ||= requestAnimationFrame(() => {
    frame = 0;
    const now = [...changed];
    changed.clear();
    for (const one of now) listeners.get(one)?.forEach(listener => listener());
  });
}

/// Where the exchange stands in `store.exchanges`, or where it would have to.
export function place(id) {
  let low = 0;
  let high = store.exchanges.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (store.exchanges[middle].id < id) low = middle + 1;
    else high = middle;
  }
  return low;
}

/// The summary with this id, if it is here.
export function summary(id) {
  const found = store.exchanges[place(id)];
  return found?.id === id ? found : undefined;
}

/// Takes in what the stream says: it is newer than what is here.
function take(exchanges) {
  const list = store.exchanges;
  for (const exchange of exchanges) {
    const at = place(exchange.id);
    if (at === list.length) list.push(exchange);
    else if (list[at].id === exchange.id) list[at] = exchange;
    else if (at > 0 || !store.loaded) list.splice(at, 0, exchange); // else it is older than the oldest, and was let go
  }
  if (list.length > KEPT + TRIM) list.splice(0, list.length - KEPT);
  change('exchanges');
}

/// Loads everything, newest first. What the stream has brought meanwhile is newer and stays.
async function load() {
  const generation = ++store.generation;
  store.loaded = false;
  store.exchanges = [];
  change('exchanges');
  const current = () => generation === store.generation;
  void refresh('/faults', value => { store.faults = value; change('faults'); }, current);
  void refresh('/channel', value => { store.channel = value; change('channel'); }, current);
  void refresh('/acceptance', putRun, current);
  void refresh('/patients', value => {
    store.patients = new Map(value.patients.reverse().map(patient => [patient.token, patient]));
    change('patients');
  }, current);
  for (const [name, path] of [['setup', '/setup'], ['faultKinds', '/faults/kinds'], ['patientKinds', '/patients/kinds']]) {
    void refresh(path, value => { store[name] = value; change('setup'); }, current);
  }
  if (!await fetchExchanges(current)) return;
  store.loaded = true;
  change('exchanges');
}

/// Takes in the exchanges that are kept, newest first; whether all of them came.
async function fetchExchanges(current) {
  let before;
  let fetched = 0;
  do {
    const page = await ask(`/exchanges?limit=1000${before ? `&before=${before}` : ''}`);
    if (!current() || !page) return false;
    fetched += page.exchanges.length;
    const older = page.exchanges.filter(exchange => !summary(exchange.id)).reverse();
    const oldest = store.exchanges[0]?.id ?? Infinity;
    store.exchanges = [...older, ...store.exchanges];
    if (older.length && older.at(-1).id > oldest) store.exchanges.sort((a, b) => a.id - b.id); // the stream has come in between
    before = page.exchanges.length === 1000 ? page.exchanges.at(-1).id : undefined;
    change('exchanges');
  } while (before && fetched < KEPT);
  store.exchanges.splice(0, Math.max(store.exchanges.length - KEPT, 0));
  return true;
}

const QUIET = 1000; // ms
let catching = 0;

/// More has changed than the stream tells of: the rest is fetched once it has become quiet.
function catchUp() {
  clearTimeout(catching);
  const generation = store.generation;
  catching = setTimeout(() => { void fetchExchanges(() => generation === store.generation); }, QUIET);
}

async function refresh(path, put, current) {
  const value = await ask(path);
  if (value && current()) put(value);
}

const ask = path => call('GET', path).catch(() => undefined); // the connection's state says that something is wrong

/// What a call has answered is taken in at once, before its event comes.
export function putPatient(patient) {
  if (!patient?.token) return;
  if (!store.patients.has(patient.token) && store.patients.size >= 1000) store.patients.delete(store.patients.keys().next().value);
  store.patients.set(patient.token, patient);
  change('patients');
}
export function putFaults(faults) {
  if (faults?.rules) { store.faults = faults; change('faults'); }
}
export function putChannel(channel) {
  if (channel?.serials) { store.channel = channel; change('channel'); }
}

export function putRun(run) {
  if (run?.cases) { store.run = run; change('run'); }
}
/// One case of the run, as an answer has it.
export function putCase(one) {
  const known = store.run?.cases.find(each => each.id === one.id);
  if (known) { Object.assign(known, { state: one.state, started: one.started }); change('run'); }
}

/// Follows the stream of events, for ever. The browser comes back by itself after a break, and says where it was.
export function follow() {
  const source = new EventSource(`${BASE}/events`);
  const kinds = {
    hello: load,
    gap: load,
    cleared: () => { void load(); },
    exchanges: data => { take(data.exchanges); if (data.untold) catchUp(); },
    patient: putPatient,
    faults: putFaults,
    channel: putChannel,
    acceptance: () => { void refresh('/acceptance', putRun, () => true); }, // it says which states there are; who looks on wants the rest, too
  };
  for (const [kind, handle] of Object.entries(kinds)) source.addEventListener(kind, event => handle(JSON.parse(event.data)));
  const connection = state => {
    if (store.connection === state) return;
    store.connection = state;
    change('connection');
  };
  source.addEventListener('open', () => connection('open'));
  source.addEventListener('error', () => {
    connection('lost');
    if (source.readyState !== EventSource.CLOSED) return;
    setTimeout(follow, 2000); // an answer that is no stream: the browser has given up
  });
}
