// The call builder as a person meets it: any call of the table, its parameters as a form and as JSON, and one line that
// says what is to be expected.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { isAccessible } from './support/accessibility.mjs';
import { DIALECTS } from './support/api.mjs';
import { launch, open } from './support/browser.mjs';
import { Builder } from './support/builder.mjs';
import { serverWithPage } from './support/programs.mjs';

const SESSION = 'library.item.update_session';
const FILE = 'library.item.updatesession.file';

let browser, program;
before(async () => {
  [browser, program] = await Promise.all([launch(), serverWithPage()]);
});
after(() => Promise.all([browser?.close(), program?.stop()]));

/** The page with its simulator, and the builder unfolded in it. */
async function builder(t) {
  const watched = await open(t, browser, `${program.origin}/?seed=7`);
  const here = await new Builder(watched).isSimulated();
  await here.unfoldBuilder();
  return here;
}

for (const dialect of DIALECTS) {
  test(`a session is made and lost by built calls alone, in /${dialect}`, async (t) => {
    const here = await builder(t);
    await here.speak(dialect);
    await here.isSimulated();
    await here.says('will succeed');
    await here.form.getByText(dialect === 'api' ? 'POST /api/content' : 'POST /rest/com').waitFor();
    await here.send('create').click();
    await here.isIn('ACTIVE');
    const id = await here.sessionId();

    // The same item a second time.
    await here.says('will be refused');
    await here.send('create').click();
    await here.saw('create', 'refused', 'RESOURCE_BUSY');

    await here.choose(`${FILE}.add`);
    assert.equal(await here.value('update_session_id').inputValue(), id);
    assert.equal(await here.value('source_type').inputValue(), 'PUSH');
    await here.value('name').fill('disk.vmdk');
    await here.put('size', 'file_spec');
    await here.value('size').fill('many');
    await here.says('file_spec.size');
    assert.equal(await here.value('size').getAttribute('aria-invalid'), 'true');
    await here.value('size').fill('7');
    await here.says('will succeed');
    await here.value('size').press('Control+Enter');
    await here.fileIs('disk.vmdk', 'WAITING_FOR_TRANSFER');

    await here.choose(`${SESSION}.complete`);
    await here.says('will be refused: File disk.vmdk');
    await here.send('complete').click();
    await here.saw('complete', 'refused', '400 NOT_ALLOWED_IN_CURRENT_STATE', 'disk.vmdk');
    await here.isIn('ACTIVE');

    await here.choose(`${FILE}.remove`);
    assert.equal(await here.value('file_name').inputValue(), 'disk.vmdk');
    await here.send('remove').click();
    await here.saw('remove', 'succeeded');
    await here.choose(`${SESSION}.fail`);
    await here.value('client_error_message').fill('the disk is gone');
    await here.send('fail').click();
    await here.isIn('ERROR');
    await here.choose(`${SESSION}.delete`);
    await here.says('will succeed');
    await here.send('delete').click();
    await here.isIn('Gone');
    await here.watched.isClean();
  });
}

test('a typo in the JSON keeps the text and names the place', async (t) => {
  const here = await builder(t);
  await here.newSession();
  await here.choose(`${SESSION}.keep_alive`);
  await here.as('JSON');
  const good = await here.json.inputValue();
  assert.deepEqual(Object.keys(JSON.parse(good)), ['update_session_id']);
  const typo = good.replace(/\n}$/, ',\n  client_progress: 40\n}');
  await here.json.fill(typo);
  await here.says('line 3 column 3');
  assert.ok(await here.send('keep_alive').isDisabled());

  await here.as('Form');
  await here.form.getByText('The form waits').waitFor();
  await here.as('JSON');
  assert.equal(await here.json.inputValue(), typo);

  await here.json.fill(typo.replace('client_progress', '"client_progress"'));
  await here.says('will succeed');
  await here.as('Form');
  assert.equal(await here.value('client_progress').inputValue(), '40');
  await here.value('client_progress').fill('101');
  await here.says('will be refused');
  await here.form.getByRole('button', { name: 'Remove client_progress' }).click();
  await here.as('JSON');
  assert.deepEqual(JSON.parse(await here.json.inputValue()), JSON.parse(good));

  // What the form does not know is sent as it is written, and refused.
  await here.choose(`${FILE}.add`);
  await here.json.fill((await here.json.inputValue()).replace('"name"', '"nmae"'));
  await here.says("Field 'name' missing");
  await here.send('add').click();
  await here.saw('add', 'refused', '400');
  await here.watched.isClean();
});

test('what a call changes is on screen after it', async (t) => {
  const here = await builder(t);
  await here.choose('library.item.create');
  await here.value('name').fill('built by hand');
  await here.send('library.item.create').click();
  await here.saw('library.item.create', 'succeeded', '201');
  const items = here.guide.getByLabel('Item', { exact: true });
  await items.locator('option', { hasText: 'built by hand' }).waitFor({ state: 'attached' });

  // Ids that occurred are offered by their names.
  await here.choose('library.item.get');
  const id = here.value('library_item_id');
  const list = await id.getAttribute('list');
  const offered = here.page.locator(`[id="${list}"] option`);
  const labels = await offered.evaluateAll((options) => options.map((option) => option.label));
  assert.deepEqual(labels.sort(), ['built by hand', 'ubuntu-iso']);

  await here.choose('cis.session.delete');
  await here.send('cis.session.delete').click();
  await here.guide.getByRole('button', { name: 'Log in again' }).waitFor();
  await here.choose('local_library.list');
  await here.says('will be refused: Authentication required');
  await here.send('local_library.list').click();
  await here.saw('local_library.list', 'refused', '401 UNAUTHENTICATED');
  await here.guide.getByRole('button', { name: 'Log in again' }).click();
  await items.waitFor();
  await here.says('will succeed');
  await here.watched.isClean();
});

test('the form is asked for when it is unfolded, and typing keeps its place', async (t) => {
  const watched = await open(t, browser, `${program.origin}/?seed=7`);
  const here = await new Builder(watched).isSimulated();
  const title = here.guide.getByText('Any call', { exact: true });
  await here.page.route('**/accession-scribe*', (route) => route.abort());
  await title.click();
  await here.guide.getByText('could not be loaded').waitFor();
  await here.page.unroute('**/accession-scribe*');
  await title.click();
  await here.guide.getByText('could not be loaded').waitFor({ state: 'detached' });
  await here.unfoldBuilder();
  await here.choose('library.get');
  const id = here.value('library_id');
  await id.fill('abcd');
  await id.press('Home');
  await id.press('ArrowRight');
  await here.page.keyboard.type('XY');
  assert.equal(await id.inputValue(), 'aXYbcd');
  assert.equal(await id.evaluate((field) => field.selectionStart), 3);
});

for (const [width, height] of [
  [1280, 800],
  [320, 640],
]) {
  test(`the builder is accessible, ${width} px wide`, async (t) => {
    const here = await builder(t);
    await here.newSession();
    await here.page.setViewportSize({ width, height });
    const except = [];
    if (width < 1280) {
      const tabs = here.page.getByRole('navigation');
      await tabs.getByRole('button', { name: 'Guide', exact: true }).click();
      // The session's heading and landmark are on a tab of their own there.
      except.push('landmark-one-main', 'page-has-heading-one');
    }
    await here.choose(`${FILE}.add`);
    await here.put('checksum_info', 'file_spec');
    await here.put('algorithm', 'checksum_info');
    await isAccessible(here.page, 'a form with a structure', except);
    await here.form.getByRole('button', { name: 'Remove checksum_info' }).press('Enter');
    const focused = here.page.locator(':focus');
    assert.match(await focused.innerText(), /^Add a field/, 'the focus stays beside what is gone');

    await here.choose(`${SESSION}.update`);
    await here.put('warning_behavior', 'update_spec');
    await here.form.getByRole('button', { name: 'Add another to warning_behavior' }).click();
    await isAccessible(here.page, 'a form with a list', except);
    await here.as('JSON');
    await here.json.fill('{');
    await here.says('cannot be sent');
    await isAccessible(here.page, 'JSON that cannot be read', except);
    const beyond = await here.page.evaluate(
      () => document.documentElement.scrollWidth - innerWidth,
    );
    assert.ok(beyond <= 0, `the builder is ${beyond} px too wide`);
    for (const button of await here.form.getByRole('button').all()) {
      const { width, height } = await button.boundingBox();
      assert.ok(width >= 24 && height >= 24, `${await button.innerText()}: ${width} × ${height}`);
    }
    await here.watched.isClean();
  });
}
