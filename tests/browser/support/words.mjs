// A language that nobody speaks, made from the list of the page's messages: each has its letters changed, stands in
// brackets and is a third longer. What the page says in letters outside of brackets, nobody could translate.

import { readFileSync } from 'node:fs';

/** The list of all messages: a catalogue of English. */
export const MESSAGES = JSON.parse(
  readFileSync(new URL('../../../web/words/en.json', import.meta.url), 'utf8'),
).words;

const PLAIN = 'ABCDEFGHIJKLMNOPRSTUVWYZabcdefghijklmnoprstuvwyz';
const OTHER = 'ÅƁÇÐÉƑĜĤÎĴĶĻḾÑÖÞŘŠŢÛṼŴÝŽåƀçðéƒĝĥîĵķļḿñöþřšţûṽŵýž';
const other = new Map([...PLAIN].map((letter, at) => [letter, [...OTHER][at]]));
const plain = new Map([...OTHER].map((letter, at) => [letter, PLAIN[at]]));

/** What makes messages longer, and is no letter of theirs. */
const PAD = 'ø';

/** The letters of that language. */
export const changed = (text) => [...text].map((letter) => other.get(letter) ?? letter).join('');

/** A message in that language. Names between backticks, and what is put into a place, stay as they are. */
function said(message) {
  const letters = message.split(/(`[^`]*`|\{\d\})/);
  const parts = letters.map((part, at) => {
    if (at % 2 === 0) return changed(part);
    return part.startsWith('{') ? `«${part}»` : part;
  });
  const pads = PAD.repeat(Math.ceil(message.length / 3)).replace(/ø{6}(?=ø)/g, '$& ');
  // Blanks around it are those to what stands beside it.
  const [, before, inside, behind] = /^( *)(.*?)( *)$/s.exec(parts.join(''));
  return `${before}⟦${inside} ${pads}⟧${behind}`;
}

/** The catalogue of that language, which has the numbers' forms of Polish; without these messages. */
export function catalogue(...without) {
  const words = {};
  for (const [message, forms] of Object.entries(MESSAGES)) {
    if (without.includes(message)) continue;
    const { one, other } = Object(forms);
    words[message] =
      typeof forms === 'string'
        ? said(forms)
        : { one: said(one), few: said(other), many: said(other), other: said(other) };
  }
  return { lang: 'pl', words };
}

/** What was said in that language, in English. */
function inEnglish(text) {
  const letters = [...text.replace(/ ?[ø ]*ø⟧/g, '').replace(/[⟦⟧«»]/g, '')];
  return letters.map((letter) => plain.get(letter) ?? letter).join('');
}

/** What finds a text that is given in English, in either language. */
function finding(text, exact) {
  if (typeof text !== 'string') return new RegExp(letters(text.source), text.flags);
  const escaped = text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
  return new RegExp(letters(exact ? `^${escaped}$` : escaped), exact ? '' : 'i');
}

function letters(source) {
  const between = '[⟦⟧«»ø ]*';
  const parts = source.match(/\\.|[^\\]/g).map((part) => {
    if (part === '^') return `^${between}`;
    if (part === '$') return `${between}$`;
    if (part === ' ') return `[⟦⟧«»ø ]+`;
    return other.has(part) ? `[${part}${other.get(part)}]${between}` : part;
  });
  return parts.join('');
}

const things = new WeakMap();

/** A page, or a part of it, that is asked in English and speaks that language. */
export function asked(thing) {
  const speaking = new Proxy(thing, {
    get(target, name) {
      const value = target[name];
      if (typeof value !== 'function') return value;
      return (...given) => {
        const answer = value.apply(target, given.map((one, at) => translated(name, at, one, given)));
        if (name === 'innerText' || name === 'textContent') return answer.then(inEnglish);
        if (name === 'selectOption') return answer;
        return typeof answer?.ariaSnapshot === 'function' ? asked(answer) : answer;
      };
    },
  });
  if (typeof thing.selectOption === 'function' && typeof thing.ariaSnapshot === 'function') {
    thing.selectOption = choosing(thing);
  }
  things.set(speaking, thing);
  return speaking;
}

function choosing(locator) {
  const choose = Object.getPrototypeOf(locator).selectOption.bind(locator);
  return async (word, ...rest) => {
    if (typeof word !== 'string') return choose(word, ...rest);
    const options = await locator
      .locator('option')
      .evaluateAll((options) => options.map(({ value, label }) => ({ value, label })));
    const is = finding(word, true);
    const found = options.find(({ value }) => value === word) ?? options.find(({ label }) => is.test(label));
    return choose(found ? { value: found.value } : word, ...rest);
  };
}

function translated(name, at, given, [, options]) {
  if (things.has(given)) return things.get(given);
  const texts = /^getBy(Text|Label|Placeholder|Title)$/.test(name) && at === 0;
  if (texts) return finding(given, options?.exact);
  if (!given || Object.getPrototypeOf(given) !== Object.prototype) return given;
  const { exact, ...others } = given;
  for (const what of ['name', 'hasText']) {
    if (others[what] !== undefined) others[what] = finding(others[what], exact);
  }
  for (const what of ['has', 'hasNot']) {
    if (things.has(others[what])) others[what] = things.get(others[what]);
  }
  return name.startsWith('getBy') || name === 'filter' || name === 'locator' ? others : given;
}

/**
 * What the page shows or says now in letters that no message has and that are nobody's language, each with its place;
 * and what is put into a place of a message, and is neither one word nor one of these names. After a colon somebody else is quoted.
 */
export function strays(page, names = []) {
  return page.evaluate((names) => {
    const SPOKEN = ['alt', 'aria-label', 'aria-roledescription', 'aria-valuetext'];
    SPOKEN.push('data-label', 'label', 'placeholder', 'title');
    const found = new Set();
    const open = new Map();
    const note = (text, element) => {
      const path = [];
      for (let at = element; at && path.length < 3; at = at.parentElement) {
        path.unshift(at.localName + (at.classList.length > 0 ? `.${at.classList[0]}` : ''));
      }
      found.add(`${JSON.stringify(text.trim())} in ${path.join(' ')}`);
    };
    const read = (text, element, stack) => {
      let outside = '';
      let data = '';
      let quotes = false;
      for (const [at, letter] of [...text].entries()) {
        if ('⟦«'.includes(letter)) {
          stack.push(letter);
          quotes = /:\s*$/.test(text.slice(0, at));
          data = '';
        } else if ('⟧»'.includes(letter)) {
          const isName = quotes || names.includes(data.trim());
          if (letter === '»' && !isName && /\p{L}{2} \p{L}{2}/u.test(data)) note(data, element);
          stack.pop();
          quotes = false;
          data = '';
        } else if (stack.length === 0) outside += letter;
        else if (stack.at(-1) === '«') data += letter;
      }
      if (/\p{L}/u.test(outside)) note(outside, element);
    };
    const isShown = (element) => {
      const host = element.closest('select') ?? element.closest('desc')?.parentElement;
      return (host ?? element).checkVisibility();
    };
    const page = document.querySelector('#accession');
    const walker = document.createTreeWalker(page, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const element = node.nodeType === Node.TEXT_NODE ? node.parentElement : node;
      if (!isShown(element)) continue;
      if (element !== node) {
        if (element.closest('[translate=no]')) continue;
        // A sentence may have names in it, and in a drawing be written in several lines.
        const sentence = element.closest('g') ?? element;
        if (!open.has(sentence)) open.set(sentence, []);
        read(node.data, element, open.get(sentence));
        continue;
      }
      if (element.parentElement.closest('[translate=no]')) continue;
      for (const name of SPOKEN) {
        const text = element.getAttribute(name);
        if (text) read(text, element, []);
      }
    }
    return [...found];
  }, names);
}
