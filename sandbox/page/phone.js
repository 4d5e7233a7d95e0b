// What a patient's phone shows: the notice that waits, one-code pay, and the notices before.

import { h, clock, wire } from './dom.js';
import { t } from './i18n.js';
import { attempt, segment } from './api.js';
import { putPatient } from './store.js';

const ANSWERS = ['right', 'wrong', 'ignore'];
const SIGNS = ['signed', 'unsigned', 'blocked'];

/// The phone of this patient.
export function phone(patient) {
  const path = `/patients/${segment(patient.token)}`;
  // After a wrong password the patient may try again.
  const [newest] = patient.notices;
  const waiting = newest && ['waiting', 'wrong'].includes(newest.state) ? newest : undefined;
  const before = patient.notices.filter(notice => notice !== waiting);
  const answer = async word => putPatient(await attempt('POST', `${path}/answer`, { answer: word }));
  const sign = async word => putPatient(await attempt('POST', `${path}/sign`, { sign: word }));
  return h('div', { class: 'device', 'data-token': patient.token },
    h('div', { class: 'device-top' }, h('h2', null, t('phone')), h('span', { class: 'muted small' }, t('simulated'))),
    h('div', { class: waiting ? 'note waiting' : 'note', 'aria-live': 'polite' },
      waiting ? [
        h('div', { class: 'small' }, t('noticeTitle'), h('span', { class: 'muted' }, ` ${clock(waiting.time)}`)),
        h('div', { class: 'hospital' }, wire(waiting.orgName || waiting.orgCodg)),
        h('div', { class: 'muted small mono' }, wire(waiting.orgCodg)),
        h('div', { class: 'money' }, waiting.amount ? [h('span', { class: 'small' }, '¥ '), wire(waiting.amount)] : h('span', { class: 'small muted' }, t('noAmount'))),
        h('p', { class: 'small' }, t('noticeAsks')),
        h('div', { class: 'answers' }, ANSWERS.map(word => h('button', { type: 'button', class: word === 'right' ? 'primary' : null, 'data-answer': word, 'data-key': `answer-${word}`, onclick: () => answer(word) }, t(`answer.${word}`)))),
        h('p', { class: 'muted small' }, waiting.state === 'wrong' ? [h('span', { class: 'state', 'data-tone': 'failed' }, t('notice.wrong')), ' '] : null, t('asked', { n: waiting.asked })),
      ] : h('p', { class: 'muted' }, t('noNotice'))),
    h('div', { class: 'note' },
      h('div', { class: 'small' }, t('oneCodePay')),
      h('div', { class: 'segments', role: 'group', 'aria-label': t('oneCodePay') }, SIGNS.map(word => h('button', { type: 'button', 'data-sign': word, 'data-key': `sign-${word}`, 'aria-pressed': String(patient.sign === word), onclick: () => sign(word) }, t(`sign.${word}`))))),
    before.length ? h('div', { class: 'note' }, h('div', { class: 'small' }, t('noticesBefore')),
      h('ul', { class: 'history' }, before.map(notice => h('li', null, h('span', { class: 'mono muted' }, clock(notice.time)), ' ', wire(notice.orgName || notice.orgCodg), notice.amount ? [' ¥', wire(notice.amount)] : null, ' ',
        h('span', { class: 'state', 'data-tone': { right: 'fine', wrong: 'failed' }[notice.state] ?? 'open' }, t(`notice.${notice.state}`)), h('span', { class: 'muted small' }, ` ${t('asked', { n: notice.asked })}`))))) : null);
}
