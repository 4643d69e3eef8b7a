/**
 * The set of a call test: one server, one browser, and the people that a story brings in. Everything that was opened is
 * closed, and after each story the pages must not have complained.
 */
import assert from 'node:assert/strict';
import { after, afterEach, before } from 'node:test';
import { type ServerProcess, startServerProcess } from '../server-process.ts';
import { launchChromium, type RunningBrowser } from './chromium.ts';
import { openPerson, type Person, type PersonOptions } from './people.ts';

export interface StageOptions {
  readonly serverArgs?: readonly string[];
  readonly browserArgs?: readonly string[];
}

export interface Entrance extends Partial<PersonOptions> {
  readonly name: string;
  /** Further parameters of the address, such as `ice=relay`. */
  readonly query?: string;
}

export class Stage {
  #server: ServerProcess | undefined;
  #chromium: RunningBrowser | undefined;
  readonly #people: Person[] = [];

  get server(): ServerProcess {
    assert.ok(this.#server, 'the server runs only while tests run');
    return this.#server;
  }

  /** A page that is still empty. */
  async person(options: PersonOptions): Promise<Person> {
    assert.ok(this.#chromium, 'the browser runs only while tests run');
    const person = await openPerson(this.#chromium.browser, options);
    this.#people.push(person);
    return person;
  }

  /** Somebody who opens the link of `room` and presses Join, by the page's own parameter for automation. */
  async join(room: string, entrance: Entrance): Promise<Person> {
    const { query, ...options } = entrance;
    const person = await this.person(options);
    await person.page.goto(linkTo(this.server, room, entrance.name, query));
    await inRoom(person);
    return person;
  }

  async open(options: StageOptions): Promise<void> {
    this.#server = await startServerProcess(options.serverArgs);
    this.#chromium = await launchChromium({
      ca: this.#server.ca,
      ...(options.browserArgs ? { args: options.browserArgs } : {}),
    });
  }

  /** Closes what the last story opened. Returns what went wrong in the pages. */
  async clear(): Promise<readonly string[]> {
    const people = this.#people.splice(0);
    for (const { context } of people) await context.close();
    return people.flatMap(({ complaints }) => complaints).filter(isFault);
  }

  async close(): Promise<void> {
    await this.#chromium?.close();
    await this.#server?.stop();
  }
}

/** Lost connections are in the console when a test cuts them; exceptions and policy violations are always faults. */
function isFault(complaint: string): boolean {
  return /: uncaught |Content Security Policy|Permissions policy/.test(complaint);
}

export function linkTo(server: ServerProcess, room: string, name: string, query = ''): string {
  const parameters = new URLSearchParams({ name, lang: 'en', join: '1' });
  return `${server.url}/r/${room}?${parameters}${query === '' ? '' : `&${query}`}`;
}

/** Resolves when the person is in the room. */
export async function inRoom({ page }: Person): Promise<void> {
  await page.getByRole('button', { name: 'Leave', exact: true }).waitFor({ timeout: 20_000 });
}

/** Opens and closes a stage around the tests of the file that calls this. */
export function stage(options: StageOptions = {}): Stage {
  const set = new Stage();
  before(() => set.open(options));
  afterEach(async () => {
    assert.deepEqual(await set.clear(), []);
  });
  after(() => set.close());
  return set;
}
