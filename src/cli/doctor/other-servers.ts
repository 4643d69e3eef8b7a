/** The servers that this one counts on: those it sends clients to, and the one that knows its users. */
import { type Env, formatAddress, StackError } from '../../base/index.ts';
import { openTurnLink } from '../../node/index.ts';
import { CredentialsWebhook, type Settings } from '../../server/index.ts';
import { type Finding, ok, warn } from './finding.ts';

const PATIENCE_MS = 3_000;
/** A list of many is asked all the same, at once; more than these are not told one by one. */
const MOST_ASKED = 8;

export function checkAlternates(
  env: Env,
  { alternateServer }: Pick<Settings, 'alternateServer'>,
): Promise<readonly Finding[]> {
  return Promise.all(
    alternateServer.slice(0, MOST_ASKED).map(async ({ secure, ...server }): Promise<Finding> => {
      const shown = `${secure ? 'turns:' : ''}${formatAddress(server)}`;
      try {
        const link = await openTurnLink(env, {
          server,
          transport: secure ? 'tls' : 'udp',
          anyCertificate: true,
          patienceMs: PATIENCE_MS,
        });
        try {
          await link.bind();
        } finally {
          await link.close();
        }
        return ok(`The alternate server ${shown} answers.`);
      } catch (error) {
        if (!(error instanceof StackError)) throw error;
        return warn(
          `The alternate server ${shown} does not answer: ${error.message}`,
          'Clients that this server has no room for are sent there; start it, or correct --alternate-server.',
        );
      }
    }),
  );
}

/** Asks for a name that nobody has. */
export async function checkWebhook(settings: Settings): Promise<readonly Finding[]> {
  const { credentialsUrl, credentialsToken, realm } = settings;
  if (credentialsUrl === undefined) return [];
  let trouble = '';
  const webhook = new CredentialsWebhook({
    url: credentialsUrl,
    token: () => credentialsToken,
    onFailure: (reason) => {
      trouble = reason;
    },
  });
  const answer = await webhook.ask('ieum-doctor', realm);
  if (answer === undefined) return [ok('The program at --credentials-url answers.')];
  if (answer !== 'unavailable') {
    return [
      warn(
        'The program at --credentials-url knows a user called ieum-doctor.',
        'It should answer 404 for names that nobody has; or does it let everybody in?',
      ),
    ];
  }
  return [
    warn(
      `The program at --credentials-url gives no answer: ${trouble}.`,
      'Users that only it knows cannot use the relay until it does.',
    ),
  ];
}
