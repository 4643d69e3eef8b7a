/** Writes checks, sends and repeats them, and finds the check that an answer belongs to. Decides nothing. RFC 8445 §7.2, §14. */
import type { Millis } from '../base/index.ts';
import type { StunMessage } from '../stun/index.ts';
import type { CandidatePair } from './candidate-pair.ts';
import { writeCheck } from './check-message.ts';
import type { IceContext } from './context.ts';
import type { RemoteCredentials } from './credentials.ts';
import { type CheckKind, type PendingCheck, PendingChecks } from './pending-checks.ts';

const TRANSACTION_ID_BYTES = 12;
const TRANSACTION_ID_AT = 8;

export class CheckSender {
  readonly pending = new PendingChecks();
  readonly #context: IceContext;

  constructor(context: IceContext) {
    this.#context = context;
  }

  /** `rtoMs`: RFC 8445 §14.3. RFC 7675 §5.1: every request has an id of its own that nobody can guess. */
  send(now: Millis, pair: CandidatePair, remote: RemoteCredentials, kind: CheckKind, rtoMs: Millis): void {
    const { env, role, timing } = this.#context;
    const { facts, checkPriority } = pair.path;
    const useCandidate = role.role === 'controlling' && (pair.wanted || pair.nominated);
    const transactionId = env.random.bytes(TRANSACTION_ID_BYTES);
    const bytes = writeCheck(
      env.crypto,
      transactionId,
      {
        username: remote.username,
        priority: checkPriority,
        role: role.role,
        tieBreaker: role.tieBreaker,
        useCandidate,
      },
      remote.key,
    );
    this.pending.start(now, transactionId, pair, bytes, {
      kind,
      role: role.role,
      useCandidate,
      rtoMs,
      maxRequests: timing.maxRequests,
      reliable: facts.protocol === 'tcp',
    });
    if (kind === 'consent') pair.counts.consentRequestsSent += 1;
    this.#transmit(now, pair, bytes.slice());
  }

  /** Of an answer. It stays until `pending.end`. */
  find(answer: StunMessage): PendingCheck | undefined {
    return this.pending.find(answer.bytes, TRANSACTION_ID_AT);
  }

  /** Repeats what is due; returns the next check that was given up, until `undefined`. */
  handleTimeout(now: Millis): PendingCheck | undefined {
    const { maxRequests } = this.#context.timing;
    for (;;) {
      const due = this.pending.takeDue(now, maxRequests);
      if (!due) return undefined;
      if (due.expired) return due.check;
      this.#transmit(now, due.check.pair, due.check.bytes.slice());
    }
  }

  #transmit(now: Millis, pair: CandidatePair, bytes: Uint8Array): void {
    pair.counts.requestsSent += 1;
    this.#context.gatherer.send(now, pair.path.facts.path, pair.remote.address, bytes);
  }
}
