// The shell: which part an address shows, the two switches, the state of the connection.

import { h, notify, setText } from './dom.js';
import { language, missing, switchLanguage, t } from './i18n.js';
import { follow, on, store } from './store.js';
import * as live from './live.js';
import * as patients from './patients.js';
import * as faults from './faults.js';
import * as acceptance from './acceptance.js';
import * as setup from './setup.js';

const ROOT = '/sandbox/';
// Each part: its segment of the address, and its view with `mount(main, address)`, which answers { update(address), unmount() }.
// An address is { id, query }: the segment after the part's name, and the URLSearchParams. The first is shown at /sandbox/.
const PARTS = { live, patients, faults, acceptance, setup };

const html = document.documentElement;
const main = document.getElementById('main');
let shown; // { name, view }

function address() {
  const [name, id = ''] = location.pathname.slice(ROOT.length).split('/');
  let opened = id;
  try {
    opened = decodeURIComponent(id);
  } catch { /* as it stands */ }
  return { name: Object.hasOwn(PARTS, name) ? name : 'live', id: opened, query: new URLSearchParams(location.search) };
}

function show() {
  const now = address();
  if (shown?.name === now.name) shown.view.update(now);
  else {
    shown?.view.unmount();
    main.replaceChildren();
    main.className = `part-${now.name}`;
    shown = { name: now.name, view: PARTS[now.name].mount(main, now) };
    html.dataset.part = now.name;
  }
  document.title = `${now.id ? `${now.id.slice(0, 60)} · ` : ''}${t(now.name)} · ${t('brand')}`;
  for (const link of document.querySelectorAll('#nav a')) {
    if (link.dataset.part === now.name) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
  html.dataset.i18nMissing = missing().length;
}

/// Goes to an address of this page. `replace`: without a step in the browser's history.
export function go(path, replace = false) {
  if (path === location.pathname + location.search) return;
  history[replace ? 'replaceState' : 'pushState'](null, '', path);
  show();
}

function dress() {
  html.lang = language() === 'zh' ? 'zh-CN' : 'en';
  setText(document.getElementById('brand'), t('brand'));
  setText(document.getElementById('skip'), t('skip'));
  const nav = document.getElementById('nav');
  nav.setAttribute('aria-label', t('parts'));
  nav.replaceChildren(...Object.keys(PARTS).map(name => h('a', { href: ROOT + name, 'data-part': name }, t(name), badge(name))));
  const button = document.getElementById('language');
  setText(button, language() === 'zh' ? 'English' : '中文');
  button.lang = language() === 'zh' ? 'en' : 'zh-CN';
  setTheme();
  setConnection();
  setBadge();
}

// Beside 故障: how many rules are on or requests held, so that nobody wonders why everything fails.
const badge = name => (name === 'faults' ? h('span', { class: 'badge', id: 'faults-on', hidden: true }) : null);
function setBadge() {
  const now = store.faults;
  const count = now ? now.rules.filter(rule => !rule.over).length + now.held.length
    + Number(now.chaos !== null) + Number(now.rate !== null) + Number(now.clockOffsetSeconds !== 0) : 0;
  const element = document.getElementById('faults-on');
  element.hidden = count === 0;
  setText(element, String(count));
  element.setAttribute('aria-label', t('faultsOn', { n: count }));
}

function setConnection() {
  html.dataset.connection = store.connection;
  const element = document.getElementById('connection');
  element.className = store.connection;
  setText(element, t(`connection.${store.connection}`));
}

// auto, light, dark
const THEMES = ['auto', 'light', 'dark'];
const system = matchMedia('(prefers-color-scheme: dark)');
const remembered = localStorage.getItem('theme');
let theme = THEMES.includes(remembered) ? remembered : 'auto';
function setTheme() {
  html.dataset.theme = theme === 'auto' ? (system.matches ? 'dark' : 'light') : theme;
  setText(document.getElementById('theme'), t(`theme.${theme}`));
}

document.getElementById('theme').addEventListener('click', () => {
  theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length];
  localStorage.setItem('theme', theme);
  setTheme();
});
document.getElementById('language').addEventListener('click', () => {
  switchLanguage();
  shown.view.unmount();
  shown = undefined;
  dress();
  show();
});
document.addEventListener('click', event => {
  const link = event.target.closest?.('a[href^="/sandbox/"]');
  if (!link || link.hasAttribute('download') || link.target || event.defaultPrevented || event.button !== 0) return;
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  const name = link.pathname.slice(ROOT.length).split('/')[0];
  if (!Object.hasOwn(PARTS, name)) return; // the interface, a file
  event.preventDefault();
  go(link.pathname + link.search);
});
addEventListener('popstate', show);
addEventListener('unhandledrejection', event => notify(event.reason?.message ?? String(event.reason), true));
system.addEventListener('change', setTheme);
on('connection', setConnection);
on('faults', setBadge);

dress();
show();
follow();
