// 实时: the exchanges, newest first. Only the rows that can be seen are in the document; each frame fills them anew from the store.
// Keyboard, in the list: arrows, Page Up and Down, Home, End; Enter opens, Esc closes.

import { h, clock, notify, select, setText, twiceButton, visible } from './dom.js';
import { SERVICES, faultBy, say, serviceName, stateName, t } from './i18n.js';
import { attempt, segment } from './api.js';
import { on, store, summary } from './store.js';
import { go } from './main.js';
import * as exchange from './exchange.js';
import { firstSteps } from './setup.js';

// The columns, from left to right: the class of a cell and what stands in it. Titles are the texts `column.NAME`.
const COLUMNS = [
  { name: 'id', text: e => String(e.id) },
  { name: 'time', text: e => clock(e.time, true) },
  { name: 'state', text: stateName },
  { name: 'service', text: e => serviceName(e.service) || `${e.method} ${e.path}` },
  { name: 'token', text: e => e.token },
  { name: 'result', text: e => say(e.result) },
  { name: 'code', text: e => (e.code !== null ? String(e.code) : e.status !== null ? `HTTP ${e.status}` : '') },
  { name: 'fault', text: e => (e.fault ? `${e.fault}${e.faultBy ? ` · ${faultBy(e.faultBy)}` : ''}` : '') },
  { name: 'devId', text: e => e.devId },
  { name: 'ms', text: e => (e.ms === null ? '' : e.ms < 100 ? e.ms.toFixed(1) : String(Math.round(e.ms))) },
];

/// The colour of an exchange: open, held, failed or fine.
export const tone = e => (e.state !== 'done' ? e.state : e.failed ? 'failed' : 'fine');

// The filters, as they stand in the address: its name there, and whether an exchange fits a value.
const has = (text, part) => text.toLowerCase().includes(part);
const FILTERS = {
  service: (e, value) => e.service === value,
  token: (e, value) => has(e.token, value.toLowerCase()),
  devId: (e, value) => has(e.devId, value.toLowerCase()),
  failed: e => e.failed,
};

export function mount(main, first) {
  let address = first;
  let filters = []; // [name, value]
  let rows = []; // what fits, oldest first: the row at the top is the last
  let selected = null;
  let pausedAt = null; // the newest id when it was paused
  let rowHeight = 28;
  // Where the list is scrolled to and how high it is: kept, since asking for them makes the browser lay everything out at once.
  let scrolled = 0;
  let space = 0;
  let frame = 0;
  const pool = [];

  const body = h('div', { role: 'rowgroup', class: 'rows' });
  const head = h('div', { role: 'row', class: 'row head', 'aria-rowindex': '1' },
    COLUMNS.map(column => h('div', { role: 'columnheader', class: `c-${column.name}` }, t(`column.${column.name}`))));
  const list = h('div', { id: 'live-list', role: 'grid', tabindex: '0', 'aria-label': t('exchanges'), 'aria-colcount': COLUMNS.length, onscroll: scroll, onkeydown: key },
    h('div', { role: 'rowgroup', class: 'head-group' }, head), body);
  const empty = h('div', { class: 'empty', hidden: true });
  const pause = h('button', { type: 'button', id: 'pause', 'aria-pressed': 'false', onclick: () => {
    pausedAt = pausedAt === null ? store.exchanges.at(-1)?.id ?? 0 : null;
    refresh();
  } });
  const count = h('span', { class: 'muted count', id: 'count' });
  const service = select({ id: 'filter-service', 'aria-label': t('column.service'), onchange: filter }, [['', t('allServices')], ...SERVICES.map(name => [name, serviceName(name)])], '');
  const token = input('token');
  const devId = input('devId');
  const failed = h('input', { type: 'checkbox', id: 'filter-failed', onchange: filter });
  const controls = { service, token, devId };
  const opened = h('section', { id: 'exchange', hidden: true, 'aria-label': t('opened') });
  main.append(
    h('h1', { class: 'off-screen' }, t('live')),
    h('div', { class: 'bar', role: 'search', 'aria-label': t('filters') },
      service, token, devId, h('label', { class: 'check' }, failed, t('failuresOnly')),
      h('span', { class: 'grow' }), count, pause,
      twiceButton(t('forget'), { id: 'forget', class: 'quiet', title: t('forgetWhat') }, async () => { if (await attempt('DELETE', '/exchanges')) notify(t('forgotten')); })),
    h('div', { class: 'split' }, h('div', { class: 'list-box' }, list, empty), opened));

  function input(name) {
    return h('input', { type: 'search', id: `filter-${name}`, placeholder: t(`column.${name}`), 'aria-label': t(`column.${name}`), autocomplete: 'off', spellcheck: 'false', oninput: filter });
  }

  // The address is where filters are kept; the controls follow it.
  function filter() {
    const query = new URLSearchParams();
    for (const [name, control] of Object.entries(controls)) if (control.value.trim()) query.set(name, control.value.trim());
    if (failed.checked) query.set('failed', 'true');
    go(path(address.id, query), true);
  }
  function path(id, query = address.query) {
    const text = query.toString();
    return `/sandbox/live${id ? `/${segment(id)}` : ''}${text ? `?${text}` : ''}`;
  }

  function refresh() {
    const waiting = pausedAt === null ? 0 : store.exchanges.reduce((n, e) => n + (e.id > pausedAt && fits(e)), 0);
    const before = rows.length ? rows.at(-1).id : 0;
    rows = filters.length || pausedAt !== null ? store.exchanges.filter(e => (pausedAt === null || e.id <= pausedAt) && fits(e)) : store.exchanges;
    // Whoever has scrolled down goes on looking at the same rows while others come in above them.
    let added = 0;
    if (scrolled > 0 && before) for (let at = rows.length - 1; at >= 0 && rows[at].id > before; at--) added++;
    pause.dataset.waiting = waiting;
    pause.setAttribute('aria-pressed', String(pausedAt !== null));
    setText(pause, pausedAt === null ? t('pause') : t('resume', { n: waiting }));
    list.dataset.count = rows.length;
    list.setAttribute('aria-rowcount', rows.length + 1);
    setText(count, t('rows', { n: rows.length, all: store.exchanges.length }));
    const none = rows.length === 0;
    const kind = !none ? '' : store.exchanges.length ? 'filtered' : store.loaded ? `first${store.setup ? ' ready' : ''}` : 'loading';
    if (empty.dataset.kind !== kind) {
      empty.dataset.kind = kind;
      empty.replaceChildren(...(kind === '' ? [] : kind === 'filtered' ? [h('p', null, t('noneFits'))] : kind === 'loading' ? [h('p', null, t('loading'))] : [firstSteps()]));
    }
    empty.hidden = !none;
    list.hidden = none;
    if (added) {
      grow();
      list.scrollTop = scrolled += added * rowHeight;
    }
    draw();
  }
  function scroll() {
    scrolled = list.scrollTop;
    frame ||= requestAnimationFrame(draw);
  }
  function grow() {
    const height = `${rows.length * rowHeight}px`;
    if (body.style.height !== height) body.style.height = height;
  }
  const fits = e => filters.every(([name, value]) => FILTERS[name](e, value));

  // Fills the rows that can be seen. A row that is used again keeps its elements: only texts that differ are set.
  function draw() {
    cancelAnimationFrame(frame);
    frame = 0;
    const top = Math.max(0, Math.min(Math.floor(scrolled / rowHeight), rows.length) - 4);
    const end = Math.min(rows.length, top + Math.ceil(space / rowHeight) + 8);
    grow();
    while (pool.length < end - top) {
      const cells = COLUMNS.map(column => h('div', { role: 'gridcell', class: `c-${column.name}` }, h('bdi', { dir: 'ltr' }, '')));
      const element = h('div', { role: 'row', class: 'row', id: `row-${pool.length}` }, cells);
      pool.push({ element, texts: cells.map(cell => cell.firstChild.firstChild) });
      body.append(element);
    }
    let active = '';
    pool.forEach((row, n) => {
      const at = top + n;
      const { element, texts } = row;
      element.hidden = at >= end;
      if (at >= end) { delete element.dataset.exchange; return; }
      const e = rows[rows.length - 1 - at];
      if (row.at !== at || row.height !== rowHeight) {
        row.at = at;
        row.height = rowHeight;
        element.style.transform = `translateY(${at * rowHeight}px)`;
        element.setAttribute('aria-rowindex', at + 2);
      }
      if (row.shown !== e) {
        row.shown = e;
        element.dataset.exchange = e.id;
        element.dataset.tone = tone(e);
        COLUMNS.forEach((column, c) => {
          const text = visible(column.text(e).slice(0, 200));
          if (texts[c].data !== text) texts[c].data = text;
        });
      }
      element.dataset.exchange = e.id;
      const chosen = e.id === selected;
      if (chosen) active = element.id;
      element.setAttribute('aria-selected', chosen);
    });
    if (active) list.setAttribute('aria-activedescendant', active);
    else list.removeAttribute('aria-activedescendant');
  }

  function indexOf(id) {
    for (let low = 0, high = rows.length; low < high;) {
      const middle = (low + high) >> 1;
      if (rows[middle].id === id) return rows.length - 1 - middle;
      if (rows[middle].id < id) low = middle + 1;
      else high = middle;
    }
    return -1;
  }
  function choose(at) {
    if (!rows.length) return;
    const to = Math.max(0, Math.min(rows.length - 1, at));
    selected = rows[rows.length - 1 - to].id;
    const top = to * rowHeight;
    const room = space - head.offsetHeight;
    if (top < list.scrollTop) list.scrollTop = top;
    else if (top + rowHeight > list.scrollTop + room) list.scrollTop = top + rowHeight - room;
    scrolled = list.scrollTop;
    draw();
    if (address.id) go(path(String(selected)), true);
  }
  function key(event) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const at = selected === null ? -1 : indexOf(selected);
    const page = Math.max(1, Math.floor(list.clientHeight / rowHeight) - 2);
    const moves = { ArrowDown: at + 1, ArrowUp: Math.max(0, at - 1), PageDown: at + page, PageUp: at - page, Home: 0, End: rows.length - 1 };
    if (event.key in moves) choose(moves[event.key]);
    else if (event.key === 'Enter' && selected !== null) go(path(String(selected)));
    else return;
    event.preventDefault();
  }
  body.addEventListener('click', event => {
    const row = event.target.closest('[data-exchange]');
    if (!row || getSelection().toString()) return;
    selected = Number(row.dataset.exchange);
    draw();
    go(path(String(selected)));
  });
  function escape(event) {
    if (event.key !== 'Escape' || !address.id || event.target.closest?.('input, select, textarea')) return;
    close();
  }
  function close() {
    go(path(''));
    list.focus({ preventScroll: true });
  }

  const view = exchange.view(opened, close);
  function update(now) {
    address = now;
    filters = Object.keys(FILTERS).filter(name => now.query.get(name)).map(name => [name, now.query.get(name)]);
    for (const [name, control] of Object.entries(controls)) {
      const value = now.query.get(name) ?? '';
      if (control.value.trim() !== value) control.value = value;
    }
    failed.checked = now.query.has('failed');
    const id = /^\d+$/.test(now.id) ? Number(now.id) : null;
    if (id !== null) selected = id;
    main.classList.toggle('with-exchange', now.id !== '');
    view.show(now.id === '' ? null : now.id, id === null ? undefined : summary(id));
    measure();
  }
  function measure() {
    rowHeight = parseFloat(getComputedStyle(list).getPropertyValue('--row')) || 28;
    space = list.clientHeight;
    scrolled = list.scrollTop;
    refresh();
  }

  const sizes = new ResizeObserver(measure);
  sizes.observe(list);
  document.addEventListener('keydown', escape);
  const offs = [
    on('exchanges', () => {
      refresh();
      if (/^\d+$/.test(address.id)) view.show(address.id, summary(Number(address.id)));
    }),
    on('setup', refresh),
  ];
  update(first);
  return {
    update,
    unmount() {
      offs.forEach(off => off());
      cancelAnimationFrame(frame);
      sizes.disconnect();
      document.removeEventListener('keydown', escape);
      main.classList.remove('with-exchange');
      view.stop();
    },
  };
}
