// 故障: what goes wrong on purpose: rules, what is held, chaos, the rate, the clock; and the table of all faults in words.

import { h, clock, labelled, redraw, select, twiceButton, wide, wire } from './dom.js';
import { SERVICES, say, serviceName, t } from './i18n.js';
import { attempt } from './api.js';
import { on, putFaults, store } from './store.js';

const HOLDS = ['before', 'after']; // stand in the list of faults as hold:before, hold:after
const RANGES = ['always', 'nth', 'count'];

export function mount(main, first) {
  const fault = h('select', { name: 'fault', required: true, onchange: adapt });
  const parameter = h('input', { type: 'number', name: 'parameter' });
  const parameterName = h('span');
  const parameterField = h('label', { class: 'field', hidden: true }, parameterName, parameter);
  const what = h('p', { class: 'muted small', id: 'fault-what', 'aria-live': 'polite' });
  const known = h('datalist', { id: 'known-tokens' });
  const token = h('input', { name: 'token', list: 'known-tokens', placeholder: t('anyPatient'), autocomplete: 'off', spellcheck: 'false', value: first.query.get('token') ?? '' });
  const service = select({ name: 'service' }, [['', t('allServices')], ...SERVICES.map(name => [name, serviceName(name)])], '');
  const range = select({ name: 'range', onchange: adapt }, RANGES.map(name => [name, t(`range.${name}`)]), 'always');
  const number = h('input', { type: 'number', name: 'number', min: '1', value: '1' });
  const numberField = labelled(t('howMany'), number);
  const form = h('form', { id: 'rule-form', onsubmit: submit },
    h('div', { class: 'inline' }, labelled(t('whichFault'), fault), parameterField, labelled(t('forToken'), token), labelled(t('forService'), service), labelled(t('forWhich'), range), numberField,
      h('button', { type: 'submit', class: 'primary' }, t('switchOn'))), what, known);

  const rules = wide(t('rules'));
  const held = wide(t('held'));
  const inWords = h('p', { id: 'faults-now', 'aria-live': 'polite' });
  const chaosSeed = h('input', { type: 'number', name: 'seed', min: '0', step: '1', value: '1' });
  const chaosShare = h('input', { type: 'number', name: 'share', min: '0', max: '100', step: '1', value: '20' });
  const perSecond = h('input', { type: 'number', name: 'perSecond', min: '1', step: '1', value: '5' });
  const offset = h('input', { type: 'number', name: 'offsetSeconds', step: '1', value: '0' });
  const put = (path, body) => async event => {
    event.preventDefault();
    putFaults(await attempt('PUT', path, body()));
  };
  // A form of one of the settings that are no rules: its controls, on, and (but for the clock) off.
  const setting = (name, controls, body, off) => h('form', { id: `${name}-form`, class: 'card', onsubmit: put(`/faults/${name}`, body) },
    h('h2', null, t(name), h('span', { class: 'state', id: `${name}-state` })), h('p', { class: 'muted small' }, t(`${name}What`)),
    h('div', { class: 'inline' }, controls, h('button', { type: 'submit' }, t('set')), h('button', { type: 'button', class: 'quiet', onclick: put(`/faults/${name}`, off) }, t('off'))));
  const find = h('input', { type: 'search', id: 'find-fault', placeholder: t('findFault'), 'aria-label': t('findFault'), oninput: drawKinds });
  const kinds = wide(t('allFaults'));

  main.append(
    h('h1', { class: 'off-screen' }, t('faults')),
    h('div', { class: 'column' },
      h('section', { class: 'card' },
        h('div', { class: 'titled' }, h('h2', null, t('rules')), h('span', { class: 'grow' }), twiceButton(t('allOff'), { id: 'all-off', class: 'danger' }, async () => putFaults(await attempt('DELETE', '/faults')))),
        inWords, form, rules),
      h('section', { class: 'card' }, h('h2', null, t('held')), h('p', { class: 'muted small' }, t('heldWhat')), held),
      h('div', { class: 'settings' },
        setting('chaos', [labelled(t('seed'), chaosSeed), labelled(t('share'), chaosShare)], () => ({ seed: Number(chaosSeed.value), share: Number(chaosShare.value) / 100 }), () => ({ share: 0 })),
        setting('rate', [labelled(t('perSecond'), perSecond)], () => ({ perSecond: Number(perSecond.value) }), () => ({ perSecond: null })),
        setting('clock', [labelled(t('offsetSeconds'), offset)], () => ({ offsetSeconds: Number(offset.value) }), () => ({ offsetSeconds: 0 }))),
      h('section', { class: 'card' }, h('div', { class: 'titled' }, h('h2', null, t('allFaults')), h('span', { class: 'grow' }), find), kinds)));

  const kindOf = name => store.faultKinds?.kinds.find(kind => kind.name === name);

  // The form asks only for what the chosen fault and range need.
  function adapt() {
    const [, when] = /^hold:(.*)$/.exec(fault.value) ?? [];
    const kind = kindOf(fault.value);
    what.textContent = when ? t(`hold.${when}What`) : kind ? `${say(kind.what)} · ${t(kind.takesEffect ? 'takesEffect' : 'noEffect')}` : '';
    parameterField.hidden = !kind?.parameter;
    if (kind?.parameter && parameter.dataset.kind !== kind.name) {
      parameter.dataset.kind = kind.name;
      parameterName.textContent = t(`parameter.${kind.parameter.name}`);
      Object.assign(parameter, { min: kind.parameter.min, max: kind.parameter.max, value: kind.parameter.default });
    }
    numberField.hidden = range.value === 'always';
  }
  async function submit(event) {
    event.preventDefault();
    const [, when] = /^hold:(.*)$/.exec(fault.value) ?? [];
    const rule = when ? { hold: when } : { fault: kindOf(fault.value)?.parameter ? fault.value.replace(/N(?=-|$)/, parameter.value) : fault.value };
    if (token.value.trim()) rule.token = token.value.trim();
    if (service.value) rule.service = service.value;
    if (range.value !== 'always') rule[range.value] = Number(number.value);
    await attempt('POST', '/faults/rules', rule);
  }

  function drawKinds() {
    const all = store.faultKinds?.kinds ?? [];
    if (all.length && !fault.options.length) {
      fault.append(
        h('optgroup', { label: t('hold') }, HOLDS.map(when => h('option', { value: `hold:${when}` }, t(`hold.${when}`)))),
        h('optgroup', { label: t('faults') }, all.filter(kind => kind.name !== 'none').map(kind => h('option', { value: kind.name }, `${kind.name} · ${say(kind.what)}`))));
      fault.value = all.find(kind => kind.name === 'half') ? 'half' : fault.value;
      adapt();
    }
    const part = find.value.trim().toLowerCase();
    const fit = all.filter(kind => [kind.name, say(kind.what)].some(text => text.toLowerCase().includes(part)));
    redraw(kinds, h('table', { id: 'kinds' }, h('thead', null, h('tr', null, ['faultName', 'faultWhat', 'faultEffect', 'action'].map(name => h('th', { scope: 'col' }, t(name))))),
      h('tbody', null, fit.map(kind => h('tr', { 'data-fault': kind.name },
        h('th', { scope: 'row', class: 'mono' }, kind.name), h('td', null, say(kind.what)), h('td', null, t(kind.takesEffect ? 'yes' : 'no')),
        h('td', null, kind.name === 'none' ? null : h('button', { type: 'button', class: 'quiet', 'aria-label': `${t('use')}: ${kind.name}`, onclick: () => {
          fault.value = kind.name;
          adapt();
          form.scrollIntoView({ block: 'center' });
          fault.focus();
        } }, t('use'))))))));
  }

  const faultName = rule => (rule.hold ? t(`hold.${rule.hold}`) : [h('span', { class: 'mono' }, rule.fault), ' ', h('span', { class: 'muted' }, say(kindFor(rule.fault)?.what))]);
  // The kind of a fault with its number in it: slow-500 is of slow-N.
  const kindFor = name => kindOf(name) ?? store.faultKinds?.kinds.find(kind => kind.parameter && new RegExp(`^${kind.name.replace(/N(?=-|$)/, '\\d+')}$`).test(name));
  const extent = rule => (rule.nth ? t('onlyNth', { n: rule.nth }) : rule.count ? t('nextN', { n: rule.count }) : t('range.always'));

  function draw() {
    const now = store.faults;
    if (!now) return;
    const on = [
      now.rules.some(rule => !rule.over) && t('nowRules', { n: now.rules.filter(rule => !rule.over).length }),
      now.chaos && t('nowChaos', { seed: now.chaos.seed, share: Math.round(now.chaos.share * 100) }),
      now.rate && t('nowRate', { n: now.rate.perSecond }),
      now.clockOffsetSeconds !== 0 && t('nowClock', { n: now.clockOffsetSeconds }),
      now.held.length > 0 && t('nowHeld', { n: now.held.length }),
    ].filter(Boolean);
    inWords.textContent = on.length ? on.join(t('and')) : t('nowNone');
    inWords.dataset.tone = on.length ? 'held' : 'fine';
    redraw(rules, now.rules.length === 0 ? null : h('table', { id: 'rules' },
      h('thead', null, h('tr', null, ['ruleNo', 'whichFault', 'forToken', 'forService', 'forWhich', 'met', 'action'].map(name => h('th', { scope: 'col' }, t(name))))),
      h('tbody', null, now.rules.map(rule => h('tr', { 'data-rule': rule.id, class: rule.over ? 'over' : null },
        h('td', { class: 'number' }, String(rule.id)), h('td', null, faultName(rule)), h('td', null, rule.token ? wire(rule.token, 'mono') : t('anyPatient')),
        h('td', null, rule.service ? serviceName(rule.service) : t('allServices')), h('td', null, extent(rule), rule.over ? ` · ${t('over')}` : ''),
        h('td', { class: 'number', title: t('metWhat') }, `${rule.met} / ${rule.fitted}`),
        h('td', null, h('button', { type: 'button', 'data-off': rule.id, 'data-key': `off-${rule.id}`, 'aria-label': `${t('switchOff')} ${rule.id}`, onclick: async () => putFaults(await attempt('DELETE', `/faults/rules/${rule.id}`)) }, t('switchOff'))))))));
    redraw(held, now.held.length === 0 ? h('p', { class: 'muted' }, t('noneHeld')) : h('table', { id: 'held' },
      h('thead', null, h('tr', null, ['exchange', 'heldWhen', 'heldSince', 'column.service', 'column.token', 'ruleNo', 'action'].map(name => h('th', { scope: 'col' }, t(name))))),
      h('tbody', null, now.held.map(one => h('tr', { 'data-exchange': one.exchange },
        h('td', null, h('a', { href: `/sandbox/live/${one.exchange}` }, `#${one.exchange}`)), h('td', null, t(`hold.${one.when}`)), h('td', { class: 'mono' }, clock(one.since)),
        h('td', null, serviceName(one.service)), h('td', null, wire(one.token, 'mono')), h('td', { class: 'number' }, String(one.rule ?? '–')),
        h('td', null, h('button', { type: 'button', class: 'primary', 'data-release': one.exchange, 'data-key': `release-${one.exchange}`, 'aria-label': `${t('release')} #${one.exchange}`, onclick: async () => putFaults(await attempt('POST', `/faults/held/${one.exchange}/release`, {})) }, t('release'))))))));
    // The settings' forms: what is so now, beside the heading; the inputs only while nobody writes in them.
    const states = { chaos: now.chaos, rate: now.rate, clock: now.clockOffsetSeconds || null };
    for (const [name, state] of Object.entries(states)) {
      const element = document.getElementById(`${name}-state`);
      element.textContent = t(state ? 'isOn' : 'isOff');
      element.dataset.tone = state ? 'held' : 'open';
    }
    const sync = (input, value) => { if (document.activeElement !== input) input.value = value; };
    if (now.chaos) { sync(chaosSeed, now.chaos.seed); sync(chaosShare, Math.round(now.chaos.share * 100)); }
    if (now.rate) sync(perSecond, now.rate.perSecond);
    sync(offset, now.clockOffsetSeconds);
  }
  function drawTokens() {
    known.replaceChildren(...[...store.patients.keys()].reverse().slice(0, 100).map(value => h('option', { value })));
  }

  const offs = [on('faults', draw), on('setup', () => { drawKinds(); draw(); }), on('patients', drawTokens)];
  adapt();
  drawKinds();
  draw();
  drawTokens();
  return {
    update(now) { if (now.query.get('token')) token.value = now.query.get('token'); },
    unmount() { offs.forEach(off => off()); },
  };
}
