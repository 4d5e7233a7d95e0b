// 参保人: make one in words, choose one from the list; beside it what identifies it, its phone and the payment channel.

import { h, clock, copyButton, redraw, visible, wide, wire } from './dom.js';
import { say, t } from './i18n.js';
import { BASE, attempt, call, segment } from './api.js';
import { on, putPatient, store } from './store.js';
import { go } from './main.js';
import { phone } from './phone.js';
import { channel } from './channel.js';

const SHOWN = 200; // rows of the list: more are found by the filter

export function mount(main, first) {
  let address = first;
  let drawn; // the patient that stands on the right
  const make = h('form', { id: 'make-patient', 'aria-label': t('makePatient'), onsubmit: submit });
  const filter = h('input', { type: 'search', id: 'filter-patients', placeholder: t('findPatient'), 'aria-label': t('findPatient'), autocomplete: 'off', oninput: () => drawList() });
  const list = h('div', { id: 'patients', class: 'items' });
  const who = h('section', { id: 'who', class: 'card' });
  const device = h('section', { id: 'phone', 'aria-label': t('phone') });
  const certificates = h('section', { id: 'certificates', class: 'card', 'aria-label': t('certificates') });
  const pay = channel();
  main.append(
    h('h1', { class: 'off-screen' }, t('patients')),
    h('div', { class: 'column narrow' },
      h('section', { class: 'card' }, h('h2', null, t('makePatient')), make),
      h('section', { class: 'card' }, h('h2', null, t('knownPatients')), filter, list)),
    h('div', { class: 'column phone-column' }, device),
    h('div', { class: 'column wide-column' }, who, certificates, pay.element));

  function drawForm() {
    const groups = store.patientKinds?.groups;
    if (!groups || make.dataset.drawn) return;
    make.dataset.drawn = 'yes';
    make.replaceChildren(
      h('div', { class: 'kinds' }, groups.map(group => h('fieldset', null, h('legend', null, say(group.title)), group.kinds.map(kind)))),
      h('div', { class: 'actions' }, h('button', { type: 'submit', id: 'make', class: 'primary' }, t('make')), h('button', { type: 'reset', class: 'quiet' }, t('reset'))));
  }
  function kind(one) {
    const box = h('input', { type: 'checkbox', name: 'word', value: one.word, onchange: () => {
      // What cannot be together with this word is taken back.
      if (box.checked) for (const other of make.querySelectorAll('input[name=word]:checked')) if (other !== box && one.excludes.includes(other.value)) other.checked = false;
    } });
    const number = one.parameter && h('input', { type: 'number', name: `parameter-${one.word}`, 'aria-label': t('number'), min: one.parameter.min, max: one.parameter.max, value: one.parameter.default, oninput: () => { box.checked = true; box.dispatchEvent(new Event('change')); } });
    return h('div', { class: 'kind' }, h('label', { class: 'check', title: `${one.word}: ${say(one.what)}` }, box, h('span', null, say(one.title))), number,
      h('span', { class: 'mono muted' }, one.word), h('div', { class: 'muted small' }, say(one.what)));
  }
  async function submit(event) {
    event.preventDefault();
    const words = [...make.querySelectorAll('input[name=word]:checked')].map(box => withNumber(box.value, make.querySelector(`[name="parameter-${CSS.escape(box.value)}"]`)?.value));
    const patient = await attempt('POST', '/patients', { words });
    if (!patient) return;
    putPatient(patient);
    go(`/sandbox/patients/${segment(patient.token)}`);
  }

  function drawList() {
    const part = filter.value.trim().toLowerCase();
    const fit = [...store.patients.values()].reverse().filter(patient => patient.token.toLowerCase().includes(part));
    redraw(list, fit.slice(0, SHOWN).map(patient => h('a', { href: `/sandbox/patients/${segment(patient.token)}`, 'data-token': patient.token, 'data-key': patient.token, 'aria-current': patient.token === address.id ? 'true' : null },
      wire(patient.token, 'mono'),
      patient.notices.some(notice => notice.state === 'waiting') ? h('span', { class: 'badge' }, t('waits')) : null,
      h('span', { class: 'muted small' }, `${clock(patient.time)} ${say(patient.title)}`))),
    fit.length > SHOWN ? h('p', { class: 'muted' }, t('more', { n: fit.length - SHOWN })) : null,
    fit.length === 0 ? h('p', { class: 'muted' }, t('noPatients')) : null);
  }

  async function drawPatient() {
    const token = address.id;
    for (const element of [who, device, certificates]) element.hidden = token === '';
    main.classList.toggle('with-patient', token !== '');
    if (token === '') { drawn = undefined; return; }
    const patient = store.patients.get(token);
    if (!patient) {
      if (drawn?.missing === token) return;
      drawn = { missing: token };
      redraw(who, h('p', { class: 'muted' }, t('loading')));
      redraw(device);
      redraw(certificates);
      try {
        putPatient(await call('GET', `/patients/${segment(token)}`));
      } catch (error) {
        if (address.id === token) redraw(who, h('h2', null, wire(token, 'mono')), h('p', null, visible(error.message)));
      }
      return;
    }
    if (drawn === patient) return;
    if (drawn?.token !== token) {
      redraw(who,
        h('div', { class: 'identity' },
          h('img', { id: 'qr', src: `${BASE}/patients/${segment(token)}/qr.svg`, alt: t('qr', { token: visible(token) }), width: '168', height: '168' }),
          h('div', null,
            h('h2', null, say(patient.title)),
            h('code', { id: 'token', class: 'token wire' }, visible(token)),
            h('div', { class: 'actions' }, copyButton(token, { id: 'copy-token' }, t('copyToken')),
              h('a', { class: 'button', href: `/sandbox/live?token=${segment(token)}` }, t('itsTraffic')),
              h('a', { class: 'button', href: `/sandbox/faults?token=${segment(token)}` }, t('itsFault'))),
            h('p', { class: 'muted small' }, t('qrWhat')))));
    }
    drawn = patient;
    redraw(device, phone(patient));
    redraw(certificates, h('h2', null, t('certificates')), patient.certificates.length === 0 ? h('p', { class: 'muted' }, t('noCertificates')) : wide(t('certificates'),
      h('table', null, h('thead', null, h('tr', null, ['column.time', 'serial', 'amount', 'payCert', 'charged', 'action'].map(name => h('th', { scope: 'col' }, t(name))))),
        h('tbody', null, patient.certificates.map(one => h('tr', null,
          h('td', { class: 'mono' }, clock(one.time)), h('td', null, wire(one.serial, 'mono')), h('td', { class: 'number' }, wire(one.amount)), h('td', null, wire(one.payCert || t('blank'), 'mono')),
          h('td', null, one.charges ? t('times', { n: one.charges }) : '–', one.closed ? ` · ${t('closed')}` : ''),
          h('td', null, h('button', { type: 'button', 'data-charge': one.payCert, 'data-key': `charge-${one.payCert}`, onclick: () => pay.charge(one) }, t(one.charges ? 'chargeAgain' : 'charge')))))))));
  }

  const draw = () => {
    drawList();
    void drawPatient();
  };
  const offs = [on('patients', draw), on('setup', drawForm)];
  drawForm();
  draw();
  return {
    update(now) { address = now; draw(); },
    unmount() {
      offs.forEach(off => off());
      main.classList.remove('with-patient');
      pay.stop();
    },
  };
}

// `auto` and 3: auto3. A word that shows where its number goes (autoN) has it there.
const withNumber = (word, number) => (number === undefined ? word : /N$/.test(word) ? word.replace(/N$/, number) : word + number);
