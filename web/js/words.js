// The words of another language, from where the page's element says: `{"lang": "de", "words": {…}}`.

/** Puts them on the element, for the page to take. If there are none to be had, it speaks English. */
export async function fetched(element) {
  const url = element.dataset.words;
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(10_000) });
    if (!answer.ok) throw new Error(`the status is ${answer.status}`);
    const { lang, words } = await answer.json();
    if (words?.constructor !== Object) throw new Error("there are no words in it");
    // Without a language, it would be the browser's.
    const rules = new Intl.PluralRules(String(lang));
    element.lang = lang;
    element.words = { messages: words, form: (number) => rules.select(number) };
  } catch (error) {
    console.warn(`The page speaks English, without the words of ${url}: ${error.message}`);
  }
}
