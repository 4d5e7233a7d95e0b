// 验收: the run at a glance, and one case at a time: what to do now, the patient's code and phone, the questions, the verdict.

import { h, clock, copyButton, labelled, long, moment, notify, redraw, twiceButton, visible, wide, wire } from './dom.js';
import { language, say, serviceName, t } from './i18n.js';
import { BASE, attempt, call, segment } from './api.js';
import { on, putCase, putPatient, putRun, store } from './store.js';
import { go } from './main.js';
import { phone } from './phone.js';

const ROOT = '/sandbox/acceptance';
const FIELDS = ['institution', 'program', 'version', 'tester', 'amount', 'total'];
const GROUPS = ['P', 'C', 'E']; // what a case's number begins with
const TONES = { passed: 'fine', warning: 'held', failed: 'failed', running: 'open', open: 'none', notApplicable: 'none' };
const FORMATS = ['html', 'json', 'junit'];

export function mount(main, first) {
  let address = first;
  let one; // the case that is shown, as the station last told it
  let asked = 0; // an older answer than the last one that was asked for is thrown away
  const list = h('nav', { id: 'cases', class: 'card', 'aria-label': t('cases') });
  const about = aboutForm();
  const glance = h('section', { id: 'glance', class: 'card' });
  const tables = h('div', { class: 'column' });
  const overview = h('div', { class: 'column', id: 'overview' }, glance, about.element, tables);
  const head = h('section', { id: 'case', class: 'card' });
  const codes = h('section', { id: 'codes', class: 'card', 'aria-label': t('codes') });
  const device = h('section', { id: 'phone', 'aria-label': t('phone') });
  const questions = h('section', { id: 'questions', class: 'card', 'aria-label': t('questions') });
  const figures = h('section', { id: 'figures', class: 'card', 'aria-label': t('figures') });
  const verdict = h('section', { id: 'verdict', class: 'card', 'aria-live': 'polite', 'aria-label': t('verdict') });
  const aside = h('section', { id: 'put-aside', class: 'card' });
  const evidence = h('section', { id: 'evidence', class: 'card', 'aria-label': t('evidence') });
  const opened = h('div', { class: 'case-columns' },
    h('div', { class: 'column' }, head, questions, figures, verdict, evidence, aside),
    h('div', { class: 'column' }, codes, device));
  main.append(h('h1', { class: 'off-screen' }, t('acceptance')), list, overview, opened);
  let code = 0; // which of the case's codes is shown
  const unfolded = new Set(); // which exchanges of the evidence are

  // Everything that is done to a case answers the case as it is then.
  async function act(path, body) {
    const id = address.id;
    const turn = ++asked;
    const answer = await attempt('POST', `/acceptance/cases/${segment(id)}/${path}`, body);
    if (!answer?.id) return;
    putCase(answer);
    if (turn === asked && address.id === id) show(answer);
  }
  async function load() {
    const { id } = address;
    if (id === '' || !store.run) return; // once the run is there, it is asked for
    const turn = ++asked;
    let answer;
    try {
      answer = await call('GET', `/acceptance/cases/${segment(id)}`);
    } catch (error) {
      if (turn === asked) redraw(head, h('h2', null, visible(id)), h('p', null, visible(error.message)));
      return;
    }
    if (turn === asked && address.id === id) show(answer);
  }
  function show(answer) {
    if (one?.id !== answer.id || one.started !== answer.started) code = 0;
    one = answer;
    drawCase();
  }

  function drawList() {
    const cases = store.run?.cases ?? [];
    redraw(list, h('a', { href: ROOT, 'data-key': 'overview', 'aria-current': address.id === '' ? 'true' : null }, h('strong', null, t('atAGlance')), progress()),
      GROUPS.map(group => [h('h2', { class: 'muted' }, t(`group.${group}`)),
        cases.filter(each => each.id.startsWith(group)).map(each => h('a', { href: `${ROOT}/${each.id}`, 'data-case': each.id, 'data-state': each.state, 'data-key': each.id, 'aria-current': each.id === address.id ? 'true' : null },
          h('span', { class: 'mono' }, each.id), h('span', { class: 'grow' }, say(each.title)), stateChip(each.state)))]));
  }
  const progress = () => h('span', { class: 'muted small' }, t('judged', { n: (store.run?.cases ?? []).filter(each => !['open', 'running'].includes(each.state)).length, all: store.run?.cases.length ?? 0 }));

  function drawOverview() {
    const { run } = store;
    if (!run) {
      redraw(glance, h('p', { class: 'muted' }, t('loading')));
      return;
    }
    const next = run.cases.find(each => each.state === 'open' && !each.ofRun);
    redraw(glance, h('h2', null, t('atAGlance')),
      h('p', { class: 'muted' }, t('acceptanceWhat')),
      h('ul', { id: 'counts' }, run.counts.map(count => h('li', { 'data-state': count.state, 'data-cases': count.cases }, stateChip(count.state), ` ${count.cases}`))),
      h('div', { class: 'actions' },
        next ? h('a', { id: 'next-case', class: 'button primary', href: `${ROOT}/${next.id}` }, t('goOn', { id: next.id, title: say(next.title) })) : null,
        FORMATS.map(format => h('a', { class: 'button', 'data-report': format, href: `${BASE}/acceptance/report?format=${format}`, download: '' }, t(`report.${format}`))),
        twiceButton(t('newRun'), { id: 'new-run', class: 'danger', title: t('newRunWhat') }, renew)),
      run.file?.failure ? h('p', { class: 'problem' }, t('notSaved', { why: visible(run.file.failure) })) : null,
      h('p', { class: 'muted small' }, run.file ? t('savedIn', { path: visible(run.file.path) }) : t('savedNowhere')));
    redraw(tables,
      h('section', { class: 'card' }, h('h2', null, t('sections')), wide(t('sections'), h('table', { id: 'matrix' },
        h('thead', null, h('tr', null, h('th', { scope: 'col' }, t('fieldSection')), h('th', { scope: 'col' }, t('cases')))),
        h('tbody', null, run.matrix.map(row => h('tr', null, h('th', { scope: 'row', class: 'section' }, row.section === '–' ? t('advice') : row.section),
          h('td', { class: 'cells' }, row.cases.map(cell => h('a', { href: `${ROOT}/${cell.id}`, class: 'state', 'data-tone': TONES[cell.state], title: t(`verdict.${cell.state}`) }, cell.id))))))))),
      h('section', { class: 'card' }, h('h2', null, t('certificates')), run.serials.length === 0 ? h('p', { class: 'muted' }, t('noCertificates')) : wide(t('certificates'), h('table', { id: 'run-serials' },
        h('thead', null, h('tr', null, ['serial', 'case', 'amount', 'certificatesAsked', 'issued', 'charged'].map(name => h('th', { scope: 'col' }, t(name))))),
        h('tbody', null, run.serials.map(row => h('tr', null, h('td', null, wire(row.serial, 'mono')), h('td', null, h('a', { href: `${ROOT}/${row.case}` }, row.case)),
          h('td', { class: 'number' }, wire(row.amounts.join(', '))), h('td', null, row.asked), h('td', null, row.issued), h('td', null, row.charged))))))));
  }
  async function renew() {
    const run = await attempt('DELETE', '/acceptance');
    if (!run) return;
    putRun(run);
    about.fill(run.about, true);
    notify(t('newRunBegun'));
  }

  const isRunning = () => one.started !== null && one.closed === null && one.reason === null;

  function drawCase() {
    const running = isRunning();
    const { cases = [] } = store.run ?? {};
    const next = cases.slice(cases.findIndex(each => each.id === one.id) + 1).find(each => each.state === 'open' && !each.ofRun);
    const button = (id, key, path, body, look = null) => h('button', { type: 'button', id, class: look, 'data-key': id, onclick: () => act(path, body) }, t(key));
    head.dataset.case = one.id;
    head.dataset.state = one.state;
    head.dataset.words = one.words.length;
    redraw(head,
      h('div', { class: 'titled' }, h('h2', { tabindex: '-1' }, `${one.id} ${say(one.title)}`), stateChip(one.state), h('span', { class: 'grow' }), h('span', { class: 'section' }, one.section)),
      h('div', { class: 'todo' }, h('h3', null, t('doNow')), h('p', null, running || one.ofRun || one.started === null ? say(one.todo) : t('isOver'))),
      h('p', { class: 'muted small' }, t('centrePlays', { what: say(one.played) })),
      h('div', { class: 'actions' },
        one.ofRun ? null : button('start', one.started === null ? 'startCase' : 'again', 'start', undefined, one.started === null ? 'primary' : null),
        running && !one.ofRun ? [button('pressed', 'pressed', 'word', { pressed: true }), one.cancels ? button('cancelled', 'cancelled', 'word', { cancelled: true }) : null, button('close-case', 'closeCase', 'close', undefined, 'primary')] : null,
        next ? h('a', { id: 'next-case', class: ['open', 'running'].includes(one.state) ? 'button' : 'button primary', href: `${ROOT}/${next.id}`, 'data-key': 'next-case' }, t('nextCase', { id: next.id })) : null),
      running && presses() > 0 ? h('p', { class: 'muted small' }, t('pressedTimes', { n: presses() })) : null);
    drawCodes(running);
    for (const section of [questions, figures]) section.hidden = true;
    if (one.questions.length > 0 && running) {
      questions.hidden = false;
      redraw(questions, h('h2', null, t('questions')), one.questions.map(question => h('div', { class: 'question', 'data-question': question.id, role: 'group', 'aria-label': say(question.text) },
        h('span', { class: 'grow' }, say(question.text)),
        h('div', { class: 'segments' }, [true, false].map(value => h('button', { type: 'button', 'data-answer': String(value), 'data-key': `${question.id}-${value}`, 'aria-pressed': String(question.answer === value),
          onclick: () => act('word', { answer: { question: question.id, value } }) }, t(value ? 'yes' : 'no')))))));
    }
    if (one.figures.length > 0 && running) {
      figures.hidden = false;
      redraw(figures, h('h2', null, t('figures')), one.figures.map(figure => h('form', { class: 'inline', 'data-figure': figure.name, onsubmit: tell },
        labelled(say(figure.title), h('input', { name: figure.name, value: figure.value, 'data-said': figure.value, inputmode: 'decimal', autocomplete: 'off' })), h('button', { type: 'submit', 'data-key': `set-${figure.name}` }, t('set')))));
    }
    drawVerdict();
    drawEvidence();
    aside.hidden = one.ofRun;
    // Drawn once for a case: what is being typed there stays.
    if (aside.dataset.case !== one.id) {
      aside.dataset.case = one.id;
      aside.replaceChildren(h('details', { class: 'fold' }, h('summary', null, t('notApplicable')), h('form', { class: 'inline', id: 'not-applicable', onsubmit: putAside, 'data-case': one.id },
        labelled(t('reason'), h('input', { name: 'reason', required: true, maxlength: '500', autocomplete: 'off' })), h('button', { type: 'submit' }, t('set')))));
    }
  }
  const presses = () => one.words.filter(word => word.pressed).length;
  function tell(event) {
    event.preventDefault();
    const { name, value } = event.target.elements[0];
    void act('word', { figure: { name, value: value.trim() } });
  }
  function putAside(event) {
    event.preventDefault();
    void act('not-applicable', { reason: event.target.elements.reason.value });
  }

  // The code that is to be scanned, and what the phone shows that it was on.
  function drawCodes(running) {
    const scans = running ? one.patients : [];
    codes.hidden = scans.length === 0;
    device.hidden = scans.length === 0;
    if (scans.length === 0) return;
    const { token } = scans[code] ?? scans[0];
    const people = new Set(scans.map(scan => scan.person));
    const label = (scan, n) => (people.size > 1 ? personName(scan.person) : t('codeNo', { n: n + 1 }));
    const waits = scan => store.patients.get(scan.token)?.notices.some(notice => notice.state === 'waiting');
    redraw(codes,
      scans.length > 1 ? h('div', { class: 'segments', role: 'group', 'aria-label': t('codes') }, scans.map((scan, n) => h('button', { type: 'button', 'data-code': n, 'data-key': `code-${n}`, 'aria-pressed': String(n === code), onclick: () => { code = n; drawCodes(true); } },
        label(scan, n), waits(scan) ? h('span', { class: 'badge' }, t('waits')) : null))) : null,
      h('div', { class: 'identity' },
        h('img', { id: 'qr', src: `${BASE}/patients/${segment(token)}/qr.svg`, alt: t('qr', { token: visible(token) }), width: '168', height: '168' }),
        h('div', null, h('code', { id: 'token', class: 'token wire' }, visible(token)),
          h('div', { class: 'actions' }, copyButton(token, { id: 'copy-token' }, t('copyToken')), h('a', { class: 'button', href: `/sandbox/patients/${segment(token)}` }, t('itsChannel'))))));
    const patient = store.patients.get(token);
    if (patient) redraw(device, phone(patient));
    else void call('GET', `/patients/${segment(token)}`).then(putPatient, () => redraw(device));
  }

  function drawVerdict() {
    const broken = new Set(one.findings.map(finding => finding.rule));
    redraw(verdict, h('div', { class: 'titled' }, h('h2', null, t('verdict')), stateChip(one.state)),
      one.reason !== null ? h('p', null, t('asideBecause', { reason: visible(one.reason) })) : null,
      one.waiting.length > 0 ? h('ul', { id: 'missing' }, one.waiting.map(text => h('li', null, say(text)))) : null,
      one.findings.length > 0 ? wide(t('verdict'), h('table', { id: 'findings' },
        h('thead', null, h('tr', null, ['verdict', 'fieldSection', 'expected', 'seen', 'exchange'].map(name => h('th', { scope: 'col' }, t(name))))),
        h('tbody', null, one.findings.map(finding => h('tr', { 'data-rule': finding.rule, 'data-weight': finding.weight },
          h('td', null, h('span', { class: 'state', 'data-tone': finding.weight === 'fails' ? 'failed' : 'held' }, t(`weight.${finding.weight}`))), h('td', { class: 'section' }, finding.section === '–' ? t('advice') : finding.section),
          h('td', null, say(finding.expected)), h('td', null, wire(say(finding.seen))), h('td', null, finding.exchanges.map(id => [h('a', { href: `#x${id}`, onclick: () => unfold(id) }, `#${id}`), ' '])))))))
        : null,
      h('ul', { class: 'rules' }, [...one.rules.map(rule => [rule, say(rule.expected)]), ...one.questions.map(question => [question, say(question.text)])].map(([rule, text]) =>
        h('li', { class: broken.has(rule.id) ? 'problem' : null }, text, h('span', { class: 'section' }, ` ${rule.section === '–' ? t('advice') : rule.section}${rule.weight === 'warns' ? ` · ${t('onlyWarns')}` : ''}`)))));
  }

  function drawEvidence() {
    const records = one.evidence ?? [];
    evidence.hidden = records.length === 0;
    redraw(evidence, h('h2', null, t('evidence')), records.map(record => h('details', { class: 'fold', id: `x${record.id}`, open: unfolded.has(record.id), ontoggle: event => { unfolded[event.target.open ? 'add' : 'delete'](record.id); } },
      h('summary', null, `#${record.id} `, h('span', { class: 'mono muted' }, `${clock(record.time, true)} `), serviceName(record.service) || wire(record.path), h('span', { class: 'muted' }, ` ${record.code ?? '–'} `), wire(record.result), record.fault ? h('span', { class: 'fault' }, ` ${visible(record.fault)}`) : null),
      h('p', { class: 'muted small' }, moment(record.time), ' · ', h('a', { href: `/sandbox/live/${record.id}` }, t('live'))),
      [['request', `${record.method} ${record.path}\n${record.contentType}\n${record.body}`], ['fold.opened', record.opened], ['reply', record.status === null ? t('noReply') : `HTTP ${record.status}\n${record.reply}`], ['fold.opened', record.plain]]
        .filter(([, text]) => text).map(([name, text]) => [h('h3', null, t(name)), long(text, { limit: 4096, block: true })]))),
      one.leftOut > 0 ? h('p', { class: 'muted' }, t('more', { n: one.leftOut })) : null);
  }

  function unfold(id) {
    const details = document.getElementById(`x${id}`);
    if (details) details.open = true;
  }

  function draw() {
    const within = address.id !== '';
    main.classList.toggle('with-case', within);
    overview.hidden = within;
    opened.hidden = !within;
    drawList();
    if (!within) drawOverview();
    if (store.run) about.fill(store.run.about);
  }
  const drawPhone = () => { if (address.id !== '' && one?.id === address.id) drawCodes(isRunning()); };
  const offs = [on('run', () => { draw(); void load(); }), on('patients', drawPhone)];
  draw();
  void load();
  return {
    update(now) {
      const other = now.id !== address.id;
      address = now;
      if (other) {
        asked += 1;
        one = undefined;
        opened.querySelectorAll('section').forEach(section => section.replaceChildren());
        aside.dataset.case = '';
        main.scrollTop = 0;
      }
      draw();
      if (!other) return;
      const current = list.querySelector('[aria-current]');
      list.scrollTop = Math.min(list.scrollTop, current.offsetTop - 40); // in sight, as far as it scrolls by itself
      list.scrollTop = Math.max(list.scrollTop, current.offsetTop - list.clientHeight + 60);
      void load();
    },
    unmount() {
      offs.forEach(off => off());
      main.classList.remove('with-case');
    },
  };
}

// Who is tested: filled in once, so that nothing is lost that is being typed.
function aboutForm() {
  let filled = false;
  const inputs = FIELDS.map(name => h('input', { name, autocomplete: 'off', maxlength: '500', inputmode: ['amount', 'total'].includes(name) ? 'decimal' : null }));
  const element = h('form', { id: 'about', class: 'card', 'aria-label': t('about'), onsubmit: save },
    h('h2', null, t('about')), h('p', { class: 'muted small' }, t('aboutWhat')),
    h('div', { class: 'inline' }, inputs.map(input => labelled(t(`about.${input.name}`), input)), h('button', { type: 'submit', class: 'primary' }, t('save'))));
  async function save(event) {
    event.preventDefault();
    const run = await attempt('PUT', '/acceptance', Object.fromEntries(inputs.map(input => [input.name, input.value.trim()])));
    if (!run) return;
    putRun(run);
    notify(t('saved'));
  }
  function fill(about, anew = false) {
    if (filled && !anew) return;
    filled = true;
    for (const input of inputs) input.value = about[input.name];
  }
  return { element, fill };
}

const stateChip = state => h('span', { class: 'state', 'data-tone': TONES[state] }, t(`verdict.${state}`));

// The table calls two people A and B; ten have numbers.
const PEOPLE = { A: '甲', B: '乙' };
const personName = person => (language() === 'zh' ? PEOPLE[person] ?? person : person);
