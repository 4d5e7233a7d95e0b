// The only place where elements are made. Text is set as text and attributes as attributes: nothing here, or anywhere else on
// this page, reads markup, so what came over the wire cannot become any.

import { t } from './i18n.js';

/// An element: `h('button', { class: 'quiet', onclick: go }, 'text', child…)`. Attributes that are null or false are left out.
export function h(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (name === 'value' || name === 'checked') element[name] = value;
    else element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children.flat(3).filter(child => child !== null && child !== undefined && child !== false));
  return element;
}

/// Puts new children into `parent`; the control that had the focus (known by its data-key) has it again. What looks the same stays, so
/// that no click is lost in between: all that a control's handler works on must therefore stand in the element or its neighbours.
export function redraw(parent, ...children) {
  const made = children.flat(3).filter(child => child !== null && child !== undefined && child !== false);
  if (made.length > 0 && made.length === parent.childNodes.length && made.every((child, n) => child instanceof Node && child.isEqualNode(parent.childNodes[n]))) return;
  const key = parent.contains(document.activeElement) ? document.activeElement.dataset.key : undefined;
  parent.replaceChildren(...made);
  if (key) parent.querySelector(`[data-key="${CSS.escape(key)}"]`)?.focus();
}

/// Sets a text only when it is another one: spares the browser a layout.
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// Characters that nobody sees, or that turn the reading direction: C0, DEL, C1, zero-width, bidi controls, BOM, tags, lone surrogates.
const HIDDEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]|[\u{e0000}-\u{e007f}]|[\ud800-\udfff]/gu;

/// A text from the wire, with what is invisible made visible. In one line (`inline`) line ends and tabs are, too.
export function visible(text, inline = true) {
  const shown = String(text ?? '').replace(HIDDEN, character => {
    return `⟨U+${character.codePointAt(0).toString(16).toUpperCase().padStart(4, '0')}⟩`;
  });
  return inline ? shown.replace(/\n/g, '↵').replace(/\t/g, '⇥') : shown;
}

/// A short text from the wire, isolated from the reading direction of what stands beside it.
export const wire = (text, className = '') => h('bdi', { class: `wire ${className}`, dir: 'ltr' }, visible(text));

/// A text from the wire that may be long: its beginning, and a button for the rest.
export function long(text, { limit = 600, block = false } = {}) {
  const tag = block ? 'pre' : 'span';
  const cut = text.length > limit;
  const body = h(tag, { class: 'wire', dir: 'ltr', tabindex: block ? '0' : null, role: block ? 'group' : null, 'aria-label': block ? t('text') : null },
    visible(cut ? text.slice(0, limit) : text, !block));
  if (!cut) return body;
  const more = h('button', { type: 'button', class: 'quiet', onclick: () => {
    body.textContent = visible(text, !block);
    more.remove();
  } }, t('showAll', { n: text.length.toLocaleString() }));
  return h('div', null, body, h('div', null, h('span', { class: 'muted' }, '… '), more));
}

/// Says something in the page's one status line.
let fading;
export function notify(text, bad = false) {
  const notice = document.getElementById('notice');
  notice.className = bad ? 'shown bad' : 'shown';
  notice.textContent = visible(text);
  clearTimeout(fading);
  fading = setTimeout(() => { notice.className = ''; notice.textContent = ''; }, bad ? 10000 : 3000);
}

/// A button that puts a text on the clipboard.
export function copyButton(text, attributes, label = t('copy')) {
  return h('button', { type: 'button', ...attributes, onclick: async () => {
    const value = typeof text === 'function' ? text() : text;
    try {
      await navigator.clipboard.writeText(value);
    } catch { // not on a secure origin: another machine's address over plain HTTP
      const area = h('textarea', { class: 'off-screen', 'aria-hidden': 'true' });
      area.value = value;
      document.body.append(area);
      area.select();
      document.execCommand('copy');
      area.remove();
    }
    notify(t('copied'));
  } }, label);
}

/// A button that saves a text as a file.
export function saveButton(name, text, attributes) {
  return h('button', { type: 'button', ...attributes, onclick: () => {
    const url = URL.createObjectURL(new Blob([text], { type: 'application/octet-stream' }));
    h('a', { href: url, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(url), 1000);
  } }, t('save'));
}

/// A button that has to be pressed twice: for what cannot be taken back.
export function twiceButton(label, attributes, action) {
  let timer;
  const button = h('button', { type: 'button', ...attributes, onclick: () => {
    const armed = timer !== undefined;
    clearTimeout(timer);
    timer = undefined;
    button.textContent = label;
    if (armed) return action();
    button.textContent = t('reallyDo', { what: label });
    timer = setTimeout(() => { timer = undefined; button.textContent = label; }, 4000);
  } }, label);
  return button;
}

/// Where a wide table scrolls sideways; the keyboard reaches it, too.
export const wide = (label, ...children) => h('div', { class: 'wide', tabindex: '0', role: 'group', 'aria-label': label }, children);

/// A labelled control: the label's text above it.
export const labelled = (text, control) => h('label', { class: 'field' }, h('span', null, text), control);

/// A drop-down list from rows of [value, text].
export const select = (attributes, rows, chosen) =>
  h('select', attributes, rows.map(([value, text]) => h('option', { value, selected: value === chosen }, text)));

const two = n => String(n).padStart(2, '0');
/// A time of day, with milliseconds if asked for.
export function clock(milliseconds, fine = false) {
  const date = new Date(milliseconds);
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  return fine ? `${time}.${String(date.getMilliseconds()).padStart(3, '0')}` : time;
}
/// A date and time of day, as it is written in China.
export function moment(milliseconds) {
  const date = new Date(milliseconds);
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${clock(milliseconds, true)}`;
}
