// One exchange, opened: request and reply, each with its problems, fields, opened text, headers and body as on the wire.

import { h, copyButton, long, moment, visible, wire } from './dom.js';
import { faultBy, say, serviceName, stateName, t } from './i18n.js';
import { BASE, call } from './api.js';
import { tone } from './live.js';

// Which of the folding parts are open: kept from one exchange to the next.
const open = { opened: true, headers: false, body: false };

/// Shows exchanges in `section`: `show(id, summary)` loads the one with this id, and again when its summary is another; null closes.
export function view(section, close) {
  let shown = null;
  let seen; // the summary that was there when it was loaded
  let loading;

  async function show(id, summary) {
    if (id === null) {
      stop();
      return;
    }
    if (id === shown && (summary === seen || summary === undefined)) return;
    const other = id !== shown;
    shown = id;
    seen = summary;
    loading?.abort();
    loading = new AbortController();
    section.hidden = false;
    let detail;
    try {
      detail = await call('GET', `/exchanges/${encodeURIComponent(id)}`, undefined, loading.signal);
    } catch (error) {
      if (error.name === 'AbortError') return;
      section.removeAttribute('data-exchange');
      section.replaceChildren(h('div', { class: 'sticky' }, h('h2', null, `#${visible(id)}`), h('span', { class: 'grow' }), closeButton()), h('p', { class: 'pad' }, visible(error.message)));
      return;
    }
    const position = other ? 0 : section.scrollTop;
    section.dataset.exchange = detail.id;
    section.replaceChildren(...draw(detail));
    section.scrollTop = position;
  }
  function stop() {
    loading?.abort();
    shown = null;
    section.hidden = true;
    section.removeAttribute('data-exchange');
    section.replaceChildren();
  }
  const closeButton = () => h('button', { type: 'button', id: 'close-exchange', class: 'quiet', onclick: close, title: 'Esc' }, t('close'));

  function draw(e) {
    const heading = h('h2', { tabindex: '-1' }, `#${e.id} `, serviceName(e.service) || wire(e.path));
    return [
      h('div', { class: 'sticky' },
        heading,
        h('span', { class: 'state', 'data-tone': tone(e) }, stateName(e)),
        h('span', { class: 'grow' }),
        copyButton(e.command, { id: 'copy-command', title: e.command.slice(0, 2000) }, t('copyCommand')),
        h('a', { id: 'save-exchange', class: 'button', href: `${BASE}/exchanges/${e.id}?save=true`, download: `exchange-${e.id}.json` }, t('saveFile')),
        copyButton(() => location.href, { class: 'quiet' }, t('copyAddress')),
        closeButton()),
      h('p', { class: 'facts' }, facts(e).map(([name, value]) => h('span', null, h('span', { class: 'muted' }, `${name} `), value))),
      say(e.result) ? h('p', { class: 'result', 'data-tone': tone(e) }, wire(say(e.result))) : null,
      h('div', { class: 'pair' },
        side('request', e.request, [`${visible(e.method)} `, wire(e.path)], e.request.problems),
        e.reply ? side('reply', e.reply, [`HTTP ${e.reply.status}`], [])
          : h('section', { id: 'reply' }, h('h3', null, t('reply')), h('p', { class: 'muted' }, t(e.state === 'done' ? 'noReply' : e.state === 'held' ? 'replyHeld' : 'replyOpen')))),
    ].filter(Boolean);
  }
  return { show, stop };
}

// What is said of an exchange as a whole: [name, value].
function facts(e) {
  return [
    [t('column.time'), moment(e.time)],
    ['ms', e.ms === null ? '–' : e.ms.toFixed(1)],
    [t('code'), e.code === null ? '–' : String(e.code)],
    ['HTTP', e.status === null ? '–' : String(e.status)],
    e.fault && [t('column.fault'), h('span', { class: 'fault' }, wire(e.fault), e.faultBy ? `（${faultBy(e.faultBy)}）` : '')],
    [t('tookEffect'), t(e.processed ? 'yes' : 'no')],
    e.token && ['token', h('a', { href: `/sandbox/patients/${encodeURIComponent(e.token)}` }, wire(e.token))],
    e.serial && ['fixmedinsTrnsSn', wire(e.serial)],
    e.amount && [t('amount'), wire(e.amount)],
    e.devId && ['devId', wire(e.devId)],
    e.orgCodg && ['orgCodg', wire(e.orgCodg)],
    [t('connectionNo'), `${e.connection}${e.tls ? ' · TLS' : ''}`],
  ].filter(Boolean);
}

function side(id, message, line, problems) {
  return h('section', { id },
    h('h3', null, t(id), h('span', { class: 'mono line' }, line)),
    problems.length ? h('ul', { class: 'problems' }, problems.map(problem => h('li', { class: 'problem', 'data-field': problem.field },
      problem.field ? h('strong', { class: 'mono' }, wire(problem.field), ' ') : null, wire(say(problem.what)), section(problem.section)))) : null,
    message.cut ? h('p', { class: 'muted' }, t('cut')) : null,
    message.fields.length ? fields(message.fields) : null,
    message.opened === null ? null : fold('opened', message.opened.length, long(pretty(message.opened), { limit: 16384, block: true }), message.opened),
    fold('headers', message.headers.length, h('table', { class: 'headers' }, h('tbody', null, message.headers.map(([name, value]) => h('tr', null, h('th', { scope: 'row' }, wire(name)), h('td', null, long(value))))))),
    fold('body', message.body.length, message.body === '' ? h('p', { class: 'muted' }, t('emptyBody')) : long(message.body, { limit: 16384, block: true }), message.body));
}

const section = text => (text ? h('span', { class: 'section' }, ` ${text}`) : null);

function fold(name, size, content, copied) {
  return h('details', { class: 'fold', open: open[name], ontoggle: event => { open[name] = event.target.open; } },
    h('summary', null, t(`fold.${name}`), h('span', { class: 'muted' }, ` ${size.toLocaleString()}`)),
    copied ? copyButton(copied, { class: 'quiet corner' }) : null, content);
}

function fields(rows) {
  const layers = ['outer', 'inner'].map(layer => [layer, rows.filter(field => field.layer === layer)]).filter(([, some]) => some.length);
  return h('div', { class: 'wide' }, h('table', { class: 'fields' },
    h('thead', null, h('tr', null, ['fieldName', 'fieldTitle', 'fieldValue', 'fieldSection'].map(name => h('th', { scope: 'col' }, t(name))))),
    layers.map(([layer, some]) => h('tbody', null,
      h('tr', { class: 'layer' }, h('th', { colspan: '4', scope: 'rowgroup' }, t(`layer.${layer}`))),
      some.map(field => h('tr', { 'data-field': field.name.slice(0, 200), class: field.problem ? 'bad' : null },
        h('th', { scope: 'row', class: 'mono' }, wire(field.name.slice(0, 200))),
        h('td', null, say(field.title)),
        h('td', { class: 'mono' }, long(field.value, { limit: 200 }), field.problem ? h('div', { class: 'problem' }, wire(say(field.problem)), section(field.section)) : null),
        h('td', { class: 'section' }, field.section ?? '')))))));
}

// JSON with its lines broken, if it is some; anything else as it is. The digits of numbers are not touched: only spaces are put in.
function pretty(text) {
  try {
    JSON.parse(text);
  } catch {
    return text;
  }
  let depth = 0;
  const line = () => `\n${'  '.repeat(depth)}`;
  return text.replace(/"(?:[^"\\]|\\.)*"|[[\]{},:]|\s+/g, (part, at) => {
    if (part === '{' || part === '[') {
      depth++;
      return part + (/^\s*[}\]]/.test(text.slice(at + 1, at + 50)) ? '' : line());
    }
    if (part === '}' || part === ']') {
      depth--;
      return (/[{[]\s*$/.test(text.slice(Math.max(0, at - 50), at)) ? '' : line()) + part;
    }
    if (part === ',') return part + line();
    if (part === ':') return ': ';
    return part[0] === '"' ? part : '';
  });
}
