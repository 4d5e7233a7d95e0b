// What Chrome 109 does not know, by MDN's browser-compat-data, as two rules for ESLint: one for scripts, one for style sheets. What an
// object is cannot be told from a script, so a member is refused by its name, when no interface or built-in of Chrome 109 has one of that
// name and some newer one does; where the object is named (`Object.groupBy`, `navigator.…`), just that one counts. Syntax is not here:
// the parser of ESLint refuses what is newer than ES2022, which Chrome 109 knows whole.

const VERSION = 109;

/// Whether Chrome 109 has it, without a flag or another name. What the data does not have is nobody's business here.
function known(feature) {
  const said = feature?.__compat?.support?.chrome;
  if (said === undefined) return true;
  return [said].flat().some(one => !one.flags && !one.prefix && !one.alternative_name && one.version_added !== false && one.version_added !== 'preview'
    && Number.parseInt(String(one.version_added).replace('≤', ''), 10) <= VERSION
    && (one.version_removed === undefined || Number.parseInt(one.version_removed, 10) > VERSION));
}

const isFeature = value => value?.__compat !== undefined;
const message = name => `Chrome ${VERSION} does not know ${name}`;

// Fields of the station's interface and of the page's own objects that are called as something newer.
const OWN = ['command', 'config', 'layer', 'path', 'run', 'when'];

module.exports = data => {
  const { builtins } = data.javascript;
  const interfaces = [builtins, builtins.Intl, data.api].flatMap(room => Object.entries(room)).filter(([name]) => name !== '__compat');

  // Every member of every interface, by its name: `yield` → all features of that name. Events are members that end with `_event`.
  const members = new Map();
  for (const [, one] of interfaces) {
    for (const [key, feature] of Object.entries(one)) {
      if (!isFeature(feature)) continue;
      const name = key.replace(/_static$/, '');
      members.set(name, [...members.get(name) ?? [], feature]);
    }
  }
  const newer = name => members.has(name) && !OWN.includes(name) && !members.get(name).some(known);

  /// A name that stands alone: a built-in, an interface, a function of the window.
  const global = name => [builtins[name], data.api[name], data.api.Window[name], data.api.EventTarget[name]].find(isFeature);
  /// A member of an object with this name: `Object.groupBy`, `navigator.clipboard`, `new URL(…).href`.
  function member(object, name) {
    const owner = object[0].toUpperCase() + object.slice(1);
    const places = object === 'window' || object === 'globalThis' ? [builtins, data.api, data.api.Window] : [builtins[owner], data.api[owner]];
    return places.filter(Boolean).flatMap(place => [place[`${name}_static`], place[name]]).find(isFeature);
  }

  // Methods that arrays have, too, and iterators only later: known by what is asked for an iterator.
  const ITERATORS = ['values', 'keys', 'entries', 'matchAll'];
  const lateOfIterators = new Set(Object.keys(builtins.Iterator).filter(name => isFeature(builtins.Iterator[name]) && !known(builtins.Iterator[name])));
  function isIterator(node) {
    return node.type === 'CallExpression' && node.callee.type === 'MemberExpression' && ITERATORS.includes(node.callee.property.name)
      && node.callee.object.name !== 'Object';
  }

  const script = {
    create(context) {
      const refuse = (node, name) => context.report({ node, message: message(name) });
      const event = (node, name) => { if (newer(`${name}_event`)) refuse(node, `the event ${name}`); };
      return {
        'Program:exit'() {
          for (const { identifier } of context.sourceCode.scopeManager.globalScope.through) {
            const feature = global(identifier.name);
            if (feature === undefined || !known(feature)) refuse(identifier, identifier.name);
          }
        },
        MemberExpression(node) {
          const name = node.computed ? node.property.value : node.property.name;
          if (typeof name !== 'string') return;
          const object = node.object.type === 'NewExpression' ? node.object.callee.name : node.object.name;
          const feature = object === undefined ? undefined : member(object, name);
          if (feature === undefined ? newer(name) : !known(feature)) refuse(node.property, `${object ?? '…'}.${name}`);
          else if (isIterator(node.object) && lateOfIterators.has(name)) refuse(node.property, `${name} of an iterator`);
        },
        // const { groupBy } = Object
        'ObjectPattern > Property'(node) {
          if (!node.computed && newer(node.key.name)) refuse(node, `…, {${node.key.name}}`);
        },
        // h('div', { onscrollend }), and addEventListener('scrollend')
        'ObjectExpression > Property'(node) {
          if (/^on[a-z]/.test(node.key.name ?? '')) event(node, node.key.name.slice(2));
        },
        'CallExpression[callee.property.name="addEventListener"], CallExpression[callee.name="addEventListener"]'(node) {
          event(node, String(node.arguments[0]?.value));
        },
        'NewExpression[callee.name="RegExp"]'(node) {
          if (String(node.arguments[1]?.value).includes('v')) refuse(node, "a regular expression's v");
        },
      };
    },
  };

  const { css } = data;
  // A function of any type, by its name: `color-mix` → all features of that name.
  const functions = new Map();
  (function collect(room) {
    for (const [name, feature] of Object.entries(room)) {
      if (name === '__compat' || typeof feature !== 'object') continue;
      if (isFeature(feature)) functions.set(name, [...functions.get(name) ?? [], feature]);
      collect(feature);
    }
  })(css.types);

  const style = {
    create(context) {
      const refuse = (node, name) => context.report({ loc: node.loc, message: message(name) });
      const one = (node, feature, name) => { if (isFeature(feature) && !known(feature)) refuse(node, name); };
      let rules = 0;
      return {
        Rule(node) {
          rules += 1;
          if (rules > 1) one(node, css.selectors.nesting, 'a rule within a rule');
        },
        'Rule:exit'() { rules -= 1; },
        NestingSelector: node => one(node, css.selectors.nesting, '&'),
        PseudoClassSelector: node => one(node, css.selectors[node.name], `:${node.name}`),
        PseudoElementSelector: node => one(node, css.selectors[node.name], `::${node.name}`),
        Atrule: node => one(node, css['at-rules'][node.name], `@${node.name}`),
        Feature: node => one(node, css['at-rules'].media[node.name], `(${node.name})`),
        Declaration(node) {
          const property = css.properties[node.property];
          one(node, property, node.property);
          for (const part of node.value.children ?? []) if (part.type === 'Identifier') one(part, property?.[part.name], `${node.property}: ${part.name}`);
        },
        Function(node) {
          if (functions.has(node.name) && !functions.get(node.name).some(known)) refuse(node, `${node.name}()`);
        },
      };
    },
  };
  return { rules: { script, style } };
};
