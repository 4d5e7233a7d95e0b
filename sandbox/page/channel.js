// 支付渠道: how the payment channel answers, a charge by hand, and what was charged for each serial number.

import { h, clock, labelled, redraw, select, visible, wide, wire } from './dom.js';
import { t } from './i18n.js';
import { attempt, call } from './api.js';
import { on, putChannel, store } from './store.js';

const MODES = ['normal', 'slow', 'silent', 'silent-after'];
const SHOWN = 100; // serial numbers in the table: the newest

/// The channel's card: its `element`, `charge(certificate)` and `stop()`.
export function channel() {
  const mode = select({ id: 'channel-mode', onchange: setMode }, MODES.map(name => [name, t(`mode.${name}`)]), 'normal');
  const slow = h('input', { type: 'number', id: 'channel-slow', min: '0', max: '3600000', step: '100', value: '2000', onchange: setMode });
  const slowField = labelled(t('milliseconds'), slow);
  const refuse = h('input', { type: 'checkbox', id: 'refuse-second', onchange: async () => putChannel(await attempt('PUT', '/channel', { refuseSecond: refuse.checked })) });
  const inputs = Object.fromEntries(['payCert', 'amount', 'fixmedinsTrnsSn'].map(name => [name, h('input', { name, autocomplete: 'off', spellcheck: 'false', required: true })]));
  const result = h('p', { id: 'charge-result', 'aria-live': 'polite' });
  const form = h('form', { id: 'charge-form', class: 'inline', onsubmit: event => { event.preventDefault(); void send(Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, input.value]))); } },
    labelled('payCert', inputs.payCert), labelled(t('amount'), inputs.amount), labelled(t('serial'), inputs.fixmedinsTrnsSn), h('button', { type: 'submit' }, t('charge')));
  const serials = wide(t('serials'));
  const element = h('section', { id: 'channel', class: 'card', 'aria-label': t('channel') },
    h('h2', null, t('channel')),
    h('div', { class: 'inline' }, labelled(t('channelMode'), mode), slowField, h('label', { class: 'check' }, refuse, t('refuseSecond'))),
    h('details', { class: 'fold', id: 'charge-by-hand' }, h('summary', null, t('chargeByHand')), form), result, serials);

  async function setMode() {
    slowField.hidden = mode.value !== 'slow';
    putChannel(await attempt('PUT', '/channel', { mode: mode.value === 'slow' ? `slow-${slow.value || 0}` : mode.value }));
  }
  async function send(body) {
    result.className = '';
    result.textContent = t('loading');
    try {
      const answer = await call('POST', '/channel/charge', body);
      result.className = answer.charged ? 'good' : 'bad';
      result.textContent = visible(answer.charged ? t('chargedNow', { amount: answer.charge?.amount ?? body.amount, serial: body.fixmedinsTrnsSn }) : `${t('notCharged')}: ${answer.message ?? ''} (${answer.reason ?? ''})`);
    } catch (error) {
      result.className = 'bad';
      result.textContent = visible(error.message);
    }
  }

  function draw() {
    const now = store.channel;
    if (!now) return;
    const name = now.mode.startsWith('slow') ? 'slow' : now.mode;
    if (document.activeElement !== mode) mode.value = name;
    const number = /^slow-(\d+)$/.exec(now.mode)?.[1];
    if (number && document.activeElement !== slow) slow.value = number;
    slowField.hidden = mode.value !== 'slow';
    refuse.checked = now.refuseSecond;
    redraw(serials, now.serials.length === 0 ? h('p', { class: 'muted' }, t('noSerials')) : h('table', { id: 'serials' },
      h('caption', { class: 'off-screen' }, t('serials')),
      h('thead', null, h('tr', null, ['serial', 'issued', 'charged', 'amount', 'closedCount', 'chargesWhen'].map(column => h('th', { scope: 'col' }, t(column))))),
      h('tbody', null, now.serials.slice(0, SHOWN).map(one => h('tr', { 'data-serial': one.serial, class: one.charged > 1 ? 'bad' : null },
        h('td', null, wire(one.serial, 'mono')), h('td', { class: 'number' }, String(one.issued)),
        h('td', { class: 'number' }, one.charged > 1 ? h('strong', null, t('chargedTwice', { n: one.charged })) : String(one.charged)),
        h('td', { class: 'number' }, wire(one.amounts.join(' / '))), h('td', { class: 'number' }, String(one.closed)),
        h('td', { class: 'mono small' }, one.charges.map(charge => clock(charge.time)).join(' ')))))),
    now.serials.length > SHOWN ? h('p', { class: 'muted' }, t('more', { n: now.serials.length - SHOWN })) : null);
  }

  const off = on('channel', draw);
  draw();
  return {
    element,
    stop: off,
    charge: certificate => {
      Object.assign(inputs.payCert, { value: certificate.payCert });
      Object.assign(inputs.amount, { value: certificate.amount });
      Object.assign(inputs.fixmedinsTrnsSn, { value: certificate.serial });
      return send({ payCert: certificate.payCert, amount: certificate.amount, fixmedinsTrnsSn: certificate.serial });
    },
  };
}
