/** `ieum turn credentials`: short-lived credentials from this server's secret, also while no server runs. */
import { StackError } from '../../base/index.ts';
import { mintCredentials } from '../../server/index.ts';
import { type Call, wholeFlag } from '../command.ts';

/** A year: beyond it a static user is what is meant. */
const MOST_MINUTES = 527_040;

export async function credentialsCommand({ loaded, flags }: Call): Promise<number> {
  const user = flags.user === undefined ? 'operator' : String(flags.user);
  if (!/^[^\p{Cc}:]{1,128}$/u.test(user)) {
    throw new StackError('SETTINGS_INVALID', '--user must be a name of 1 to 128 characters without a colon.');
  }
  const minutes = wholeFlag(flags, 'minutes', 1, MOST_MINUTES) ?? loaded.settings.credentialMinutes;
  const minted = await mintCredentials(loaded.settings, user, minutes * 60);
  const { username, password, ttl, uris } = minted;
  const people = [
    `username  ${username}`,
    `password  ${password}`,
    `good for  ${minutes} min, until ${new Date(Date.now() + ttl * 1000).toISOString()}`,
    ...uris.map((uri) => `          ${uri}`),
  ];
  process.stdout.write(flags.json ? `${JSON.stringify(minted)}\n` : `${people.join('\n')}\n`);
  return 0;
}
