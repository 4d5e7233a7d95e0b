// 配置: the configuration that fits, the TLS ports, the first call. Live shows the three steps to it while there is no traffic.

import { h, copyButton, long, redraw, saveButton, wide } from './dom.js';
import { say, t } from './i18n.js';
import { BASE } from './api.js';
import { on, store } from './store.js';

export function mount(main) {
  const box = h('div', { class: 'column' });
  main.append(h('h1', { class: 'off-screen' }, t('setup')), box);
  const draw = () => redraw(box, store.setup ? content(store.setup) : h('p', { class: 'muted' }, t('loading')));
  const off = on('setup', draw);
  draw();
  return { update() {}, unmount: off };
}

function content(setup) {
  return [
    h('p', { class: 'muted' }, t('setupWhat', { version: setup.version, orgId: setup.orgId })),
    h('div', { class: 'addresses' }, setup.addresses.map(one => configuration(one))),
    h('section', { class: 'card', id: 'first-call' }, h('h2', null, t('firstCall')), command(setup.firstCall.command), snippets(setup.firstCall.snippets)),
    h('section', { class: 'card', id: 'ca' }, h('h2', null, 'ca.pem'), h('p', { class: 'muted small' }, t('caWhat')),
      h('div', { class: 'actions' }, copyButton(setup.caPem, { id: 'copy-ca' }), h('a', { id: 'ca-pem', class: 'button', href: `${BASE}/setup/ca.pem`, download: 'ca.pem' }, t('save')))),
    h('section', { class: 'card' }, h('h2', null, t('tlsPorts')), h('p', { class: 'muted small' }, t('tlsWhat')), wide(t('tlsPorts'), h('table', { id: 'tls' },
      h('thead', null, h('tr', null, ['portName', 'address', 'portWhat', 'fingerprint'].map(name => h('th', { scope: 'col' }, t(name))))),
      h('tbody', null, setup.tls.map(one => h('tr', { 'data-tls': one.name },
        h('th', { scope: 'row', class: 'mono' }, one.name), h('td', { class: 'mono' }, one.url, ' ', copyButton(one.url, { class: 'quiet', 'aria-label': `${t('copy')} ${one.name}` })), h('td', null, say(one.what)),
        h('td', { class: 'mono fingerprint' }, one.sha256 || '–', one.sha256 ? [' ', copyButton(one.sha256, { class: 'quiet', 'aria-label': `${t('copy')} sha256 ${one.name}` })] : null))))))),
    h('section', { class: 'card' }, h('h2', null, t('interface')), h('p', null, t('interfaceWhat'), ' ', h('a', { href: `${BASE}/openapi.json` }, 'openapi.json'))),
  ];
}

// The text of evoucher.json. The file's keys in the order that the station gives them.
const text = config => JSON.stringify(config, null, 2);

function configuration(one) {
  return h('section', { class: 'card', 'data-address': one.name },
    h('div', { class: 'titled' }, h('h2', null, t(`address.${one.name}`)), h('span', { class: 'grow' }), copyButton(text(one.config), { 'data-copy': one.name, 'aria-label': `${t('copy')} evoucher.json ${one.name}` }), saveButton('evoucher.json', text(one.config), { 'data-save': one.name, 'aria-label': `${t('save')} evoucher.json ${one.name}` })),
    h('p', { class: 'muted small' }, say(one.what)), long(text(one.config), { limit: 4096, block: true }));
}

const command = line => h('div', { class: 'command' }, h('pre', { class: 'wire', dir: 'ltr', tabindex: '0', role: 'group', 'aria-label': t('firstCall') }, line), copyButton(line, { class: 'quiet' }));

function snippets(list) {
  if (!list.length) return null;
  const shown = h('div', { class: 'command' });
  const choose = at => {
    buttons.forEach((button, n) => button.setAttribute('aria-pressed', String(n === at)));
    shown.replaceChildren(h('pre', { class: 'wire', dir: 'ltr', tabindex: '0', role: 'group', 'aria-label': list[at].language }, list[at].text), copyButton(list[at].text, { class: 'quiet' }));
  };
  const buttons = list.map((one, n) => h('button', { type: 'button', onclick: () => choose(n) }, one.language));
  choose(0);
  return h('div', null, h('div', { class: 'segments', role: 'group', 'aria-label': t('languages') }, buttons), shown);
}

/// What stands on Live while nothing has come: configuration, patient, first call.
export function firstSteps() {
  const setup = store.setup;
  const first = setup?.addresses[0];
  const step = (n, ...children) => h('li', null, h('h3', null, t(`step${n}`)), h('p', { class: 'muted' }, t(`step${n}What`)), children);
  return h('section', { id: 'first-steps' },
    h('h2', null, t('firstSteps')),
    h('ol', null,
      step(1, first ? [long(text(first.config), { limit: 4096, block: true }), h('div', { class: 'actions' }, copyButton(text(first.config), { id: 'step-copy' }), saveButton('evoucher.json', text(first.config), { id: 'step-save' }), h('a', { class: 'button', href: '/sandbox/setup' }, t('otherAddresses')))] : null),
      step(2, h('div', { class: 'actions' }, h('a', { class: 'button', href: '/sandbox/patients' }, t('makePatient')))),
      step(3, setup ? [command(setup.firstCall.command), snippets(setup.firstCall.snippets)] : null)),
    h('p', { class: 'muted waiting-line' }, t('waitingForFirst')));
}
