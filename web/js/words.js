// The words of another language, from where the page's element says: `{"lang": "de", "words": {…}}`.
let rules;

// The messages as JSON; nothing, if there are none to be had: the page speaks English then.
export async function messages(element, url) {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(10_000) });
    if (!answer.ok) throw new Error(`the status is ${answer.status}`);
    const { lang, words } = await answer.json();
    if (words?.constructor !== Object) throw new Error("there are no words in it");
    // Without a language, it would be the browser's.
    rules = new Intl.PluralRules(String(lang));
    element.lang = lang;
    return JSON.stringify(words);
  } catch (error) {
    console.warn(`The page speaks English, without the words of ${url}: ${error.message}`);
  }
}

// The form that a number has in that language.
export const form = (number) => rules.select(number);
