// The call builder as a person meets it.

import { Lab } from './lab.mjs';
import { until } from './programs.mjs';

export class Builder extends Lab {
  constructor(watched) {
    super(watched);
    this.form = this.guide.getByRole('form', { name: 'Any call' });
    this.json = this.form.getByLabel('Parameters as JSON');
  }

  async unfoldBuilder() {
    await this.guide.getByText('Any call', { exact: true }).click();
    await this.form.waitFor();
  }

  /** Chooses an operation by the name that programs call it by. */
  async choose(operation) {
    await this.form.getByLabel('Operation').selectOption(operation);
  }

  /** Shows the parameters as a form, or as JSON. */
  async as(word) {
    const choices = this.form.getByRole('group', { name: 'Parameters as' });
    await choices.getByRole('button', { name: word }).click();
  }

  /** The field of a value. */
  value(name) {
    return this.form.getByLabel(name, { exact: true });
  }

  /** Adds a field to a structure. */
  async put(name, structure) {
    const group = this.form.getByRole('group', { name: structure, exact: true });
    await group.getByText(/^Add a field/).last().click();
    await group.getByRole('button', { name: `Add ${name} to ${structure}` }).click();
  }

  /** The button that sends the call. */
  send(name) {
    return this.form.getByRole('button', { name: `Send ${name}`, exact: true });
  }

  /** Waits until the builder says of the call what is to be expected. */
  async says(words) {
    let said = '';
    await until(
      () => `the builder says: ${words}, and not: ${said}`,
      async () => {
        said = await this.form.locator('.acc-lint').innerText();
        return said.includes(words);
      },
    );
  }
}
