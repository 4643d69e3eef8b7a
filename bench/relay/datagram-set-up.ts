/** Brings many sessions over UDP to where their case wants them, some at a time, repeating what gets lost. */
import { ipText } from './addresses.ts';
import { nowUs } from './clock.ts';
import type { DatagramPort } from './datagram-port.ts';
import type { SetUpJob } from './jobs.ts';
import { Session } from './session.ts';
import { type Address, readAnswer } from './turn-messages.ts';

/** Answers still awaited at a time: a burst that any server's socket buffer holds. */
const AT_A_TIME = 64;
/** RFC 8489 §6.2.1: the first retransmission. */
const REPEAT_AFTER_US = 500_000;
const MOST_REPEATS = 8;

interface Waiting {
  readonly index: number;
  request: Buffer;
  askedUs: number;
  repeats: number;
}

/** Sends one message of session `index`. */
export function sendFrom(port: DatagramPort, fromIp: number, to: Address, message: Buffer): void {
  message.copy(port.queue(fromIp, to.ip, to.port, message.length));
}

/** All sessions, ready. Throws what a server refused or never answered. */
export function setUpSessions(port: DatagramPort, job: SetUpJob): readonly Session[] {
  const { server, firstClientIp, firstPeerIp, peerPort } = job;
  const sessions = Array.from(
    { length: job.sessions },
    (_, i) => new Session(job.credentials, job.wish, { ip: firstPeerIp + i, port: peerPort }),
  );
  const waiting = new Map<number, Waiting>();
  let begun = 0;
  const ask = (entry: Waiting): void => {
    entry.askedUs = nowUs();
    sendFrom(port, firstClientIp + entry.index, server, entry.request);
  };
  const handle = (offset: number, length: number, toIp: number): void => {
    const entry = waiting.get(toIp - firstClientIp);
    const answer = readAnswer(port.received.subarray(offset, offset + length));
    const session = entry && sessions[entry.index];
    if (!entry || !answer || !session) return;
    const request = session.next(answer);
    if (!request) {
      waiting.delete(entry.index);
      return;
    }
    entry.request = request;
    entry.repeats = 0;
    ask(entry);
  };
  while (waiting.size > 0 || begun < sessions.length) {
    for (; waiting.size < AT_A_TIME && begun < sessions.length; begun += 1) {
      const request = (sessions[begun] as Session).begin();
      const entry = { index: begun, request, askedUs: 0, repeats: 0 };
      waiting.set(begun, entry);
      ask(entry);
    }
    port.flush();
    if (port.receive(handle) > 0) continue;
    port.wait(10_000);
    const now = nowUs();
    for (const entry of waiting.values()) {
      if (now - entry.askedUs < REPEAT_AFTER_US) continue;
      entry.repeats += 1;
      if (entry.repeats > MOST_REPEATS) {
        throw new Error(`The server answers nothing more to ${ipText(firstClientIp + entry.index)}.`);
      }
      ask(entry);
    }
  }
  return sessions;
}
