/** Opens the STUN and TURN listeners that the settings ask for, with all that watches them: numbers, log, webhook. */
import { type Env, type Log, StackError } from '../base/index.ts';
import type { CloseStack } from './close-stack.ts';
import { listenError } from './listen-error.ts';
import type { Metrics } from './metrics.ts';
import { turnMetrics } from './metrics-of-turn.ts';
import type { Secrets } from './secrets.ts';
import type { Settings } from './settings/options.ts';
import { openTurnService, type TurnService, type TurnServiceOptions } from './turn/turn-service.ts';
import { TurnFactLog } from './turn-facts-log.ts';
import { hostOptionOf, turnHost, turnServiceOptions } from './turn-options.ts';
import { CredentialsWebhook } from './webhook/credentials-webhook.ts';

export interface TurnSurroundings {
  readonly env: Env;
  readonly log: Log;
  readonly secrets: Secrets;
  readonly metrics: Metrics;
  /** What is opened is put here. */
  readonly open: CloseStack;
  /** The settings as the last reload left them. */
  readonly live: () => Settings;
}

/** Rejects with a StackError whose sentence names the option. */
export async function openTurn(settings: Settings, around: TurnSurroundings): Promise<TurnService> {
  const { env, log, secrets, metrics, open, live } = around;
  let service: TurnService | undefined;
  const factLog = new TurnFactLog(log);
  open.push('the log of floods', () => factLog.floods.close());
  factLog.watch(() => service?.statistics);
  const count = turnMetrics(metrics, () => service?.statistics);
  const askCredentials = webhookOf(settings, live, factLog);
  service = await listen(settings, env, {
    ...turnServiceOptions(settings, secrets),
    ...(askCredentials && { askCredentials }),
    onFact(fact) {
      count(fact);
      factLog.note(fact);
    },
  });
  open.push('STUN and TURN', service.close.bind(service));
  return service;
}

async function listen(settings: Settings, env: Env, options: TurnServiceOptions): Promise<TurnService> {
  try {
    return await openTurnService(env, options);
  } catch (cause) {
    if (cause instanceof StackError && cause.code === 'DISCOVERY_UNAVAILABLE') {
      const text = `--alternate-port, --alternate-host: ${cause.message}`;
      throw new StackError('DISCOVERY_UNAVAILABLE', text, { cause });
    }
    const address = { ip: turnHost(settings), port: settings.turnPort };
    throw listenError('UDP', address, { host: hostOptionOf(settings), port: '--turn-port' }, cause);
  }
}

function webhookOf(
  { credentialsUrl }: Settings,
  live: () => Settings,
  { floods }: TurnFactLog,
): TurnServiceOptions['askCredentials'] {
  if (credentialsUrl === undefined) return undefined;
  const webhook = new CredentialsWebhook({
    url: credentialsUrl,
    token: () => live().credentialsToken,
    onFailure: (reason) => floods.note('--credentials-url gave no answer', { reason }),
  });
  return (name, realm) => webhook.ask(name, realm);
}
