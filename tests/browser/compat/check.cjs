// Holds the scripts and the style sheet of the station's page to what Chrome 109 knows, the last one for Windows 7.
//
//     node check.cjs MODULES FILE…
//
// MODULES is where `npm ci` has put what package-lock.json names. First it must refuse each line below for the word that stands before it:
// a check that finds nothing may be one that cannot.

const { createRequire } = require('node:module');
const { readFileSync } = require('node:fs');
const path = require('node:path');

const [modules, ...files] = process.argv.slice(2);
const load = createRequire(path.join(modules, 'package.json'));
const { Linter } = load('eslint');
const css = load('@eslint/css').default;
const known = require('./known.cjs')(load('@mdn/browser-compat-data'));

const linter = new Linter();
const options = { noInlineConfig: true }; // nothing switches itself off
const config = [
  { files: ['**/*.js'], languageOptions: { ecmaVersion: 2022, sourceType: 'module' }, linterOptions: options, plugins: { known }, rules: { 'known/script': 'error' } },
  { files: ['**/*.css'], language: 'css/css', linterOptions: options, plugins: { css, known }, rules: { 'known/style': 'error' } },
];
const problems = (text, filename) => linter.verify(text, config, { filename });

const BAD = {
  'bad.js': [
    ['groupBy', 'Object.groupBy([], each => each)'],
    ['groupBy', 'const { groupBy } = Object'],
    ['groupBy', 'window.Map.groupBy([], each => each)'],
    ['fromAsync', 'await Array.fromAsync([])'],
    ['union', 'new Set().union(new Set())'],
    ['isSubsetOf', 'const all = one => one?.isSubsetOf(one)'],
    ['withResolvers', 'Promise.withResolvers()'],
    ['try', 'Promise.try(() => 1)'],
    ['toSorted', '[2, 1].toSorted()'],
    ['with', '[1].with(0, 2)'],
    ['map', 'new Map().values().map(each => each)'],
    ['toArray', "'a'.matchAll(/a/g).toArray()"],
    ['Iterator', 'Iterator.from([])'],
    ['isWellFormed', "'a'.isWellFormed()"],
    ['regular expression', '/[a--b]/v'],
    ['regular expression', "new RegExp('[a--b]', 'v')"],
    ['Unexpected', '{ using a = null; }'],
    ['DurationFormat', 'new Intl.DurationFormat()'],
    ['canParse', "URL.canParse('a')"],
    ['any', 'AbortSignal.any([])'],
    ['startViewTransition', 'document.startViewTransition(() => {})'],
    ['showPopover', "document.getElementById('a').showPopover()"],
    ['moveBefore', 'document.body.moveBefore(document.body, null)'],
    ['scrollend', "addEventListener('scrollend', () => {})"],
    ['scrollend', 'export const list = { onscrollend: () => {} }'],
    ['CloseWatcher', 'new CloseWatcher()'],
    ['scheduler.yield', 'scheduler.yield()'],
    ['nobodyHasThis', 'nobodyHasThis()'],
  ],
  'bad.css': [
    ['within', 'a { b { color: red; } }'],
    ['&', 'a { &:hover { color: red; } }'],
    ['text-wrap', 'a { text-wrap: balance; }'],
    ['color-mix', 'a { color: color-mix(in srgb, red, blue); }'],
    ['light-dark', 'a { color: light-dark(red, blue); }'],
    ['subgrid', 'a { grid-template-columns: subgrid; }'],
    ['starting-style', '@starting-style { a { color: red; } }'],
    ['scripting', '@media (scripting: none) { a { color: red; } }'],
    [':user-invalid', 'a:user-invalid { color: red; }'],
  ],
};
const GOOD = {
  'good.js': `const found = [1].findLast(each => each) ?? Object.hasOwn({}, 'a'); class A { static #a = 1; static { A.#a ||= found; } }
    export const all = [...new Map().values()].map(each => each.at(-1)), names = Object.values({}).filter(name => structuredClone(name));`,
  'good.css': 'a:has(b) { inset: 0; aspect-ratio: 1; height: 100dvh; } @layer b { @container (min-width: 1px) { a { color: rgb(0 0 0 / 50%); } } }',
};

const wrong = [];
for (const [file, rows] of Object.entries(BAD)) {
  for (const [word, text] of rows) {
    if (!problems(text, file).some(problem => problem.message.includes(word))) wrong.push(`this check does not see that Chrome 109 cannot: ${text}`);
  }
}
for (const [file, text] of Object.entries(GOOD)) for (const { message } of problems(text, file)) wrong.push(`this check is wrong about what Chrome 109 can: ${message}`);
for (const file of files) {
  for (const { line, column, message } of problems(readFileSync(file, 'utf8'), path.basename(file))) wrong.push(`${file}:${line}:${column}: ${message}`);
}
for (const line of wrong) console.log(line);
process.exitCode = wrong.length === 0 ? 0 : 1;
