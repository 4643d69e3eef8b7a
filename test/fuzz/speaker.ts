/** Somebody who talks to the server: knows a password and the last nonce, and can prove it on whatever it says. */
import type { SocketAddress } from '../../src/base/index.ts';
import { nodeCrypto } from '../../src/node/index.ts';
import {
  decodeMessage,
  encodePasswordAlgorithm,
  longTermKey,
  MessageClass,
  MessageWriter,
  StunAttribute,
  userHash,
} from '../../src/stun/index.ts';
import { isReliable, type Leg, sealAccessToken, TurnAttribute, TurnMethod } from '../../src/turn/index.ts';
import { EPOCH, REALM } from '../support/turn/lab.ts';
import { OAUTH_KEY, type ServerShell } from './server-shell.ts';

const TOKEN_MAC_KEY = new Uint8Array(20).fill(4);

export type Proof = 'sha1' | 'sha256' | 'hidden-name' | 'wrong-key' | 'token';

export class Speaker {
  readonly username: string;
  readonly transport: Leg['transport'];
  leg: Leg;
  nonce: Uint8Array = new Uint8Array(0);
  algorithms: Uint8Array = new Uint8Array(0);
  /** What the server gave, to be said again: MOBILITY-TICKET, RESERVATION-TOKEN, CONNECTION-ID. */
  readonly gifts = new Map<number, Uint8Array>();
  readonly #keys: { readonly md5: Uint8Array; readonly sha256: Uint8Array };
  readonly #shell: ServerShell;
  #id = 0;

  constructor(shell: ServerShell, username: string, password: string, transport: Leg['transport']) {
    this.#shell = shell;
    this.username = username;
    this.transport = transport;
    this.#keys = {
      md5: longTermKey(nodeCrypto, username, REALM, password, 'md5'),
      sha256: longTermKey(nodeCrypto, username, REALM, password, 'sha256'),
    };
    this.leg = this.newLeg();
  }

  /** From another port, or by another connection. */
  newLeg(): Leg {
    this.leg = this.#shell.newLeg(this.transport);
    return this.leg;
  }

  newId(): Uint8Array {
    this.#id += 1;
    const id = new Uint8Array(12);
    new DataView(id.buffer).setUint32(4, this.#id);
    new DataView(id.buffer).setUint32(8, this.leg.id);
    return id;
  }

  /** Adds name, nonce and integrity. */
  seal(writer: MessageWriter, proof: Proof): void {
    if (proof === 'hidden-name') {
      writer.attribute(StunAttribute.USERHASH, userHash(nodeCrypto, this.username, REALM));
    } else writer.text(StunAttribute.USERNAME, this.username);
    writer.text(StunAttribute.REALM, REALM).attribute(StunAttribute.NONCE, this.nonce);
    if (proof === 'token') {
      writer.attribute(StunAttribute.ACCESS_TOKEN, this.token).integrity(nodeCrypto, TOKEN_MAC_KEY);
      return;
    }
    const strong = proof === 'sha256' || proof === 'hidden-name';
    if (strong) {
      writer
        .attribute(StunAttribute.PASSWORD_ALGORITHMS, this.algorithms)
        .attribute(StunAttribute.PASSWORD_ALGORITHM, encodePasswordAlgorithm('sha256'))
        .integritySha256(nodeCrypto, this.#keys.sha256);
    } else writer.integrity(nodeCrypto, proof === 'wrong-key' ? new Uint8Array(16) : this.#keys.md5);
  }

  /** What an authorization server gave to somebody whose name is that of its key. RFC 7635. */
  get token(): Uint8Array {
    const aead = nodeCrypto.createAead('aes-256-gcm', OAUTH_KEY.key);
    const lifetimeSeconds = 100_000;
    return sealAccessToken(aead, new Uint8Array(12), REALM, {
      macKey: TOKEN_MAC_KEY,
      issuedAt: EPOCH,
      lifetimeSeconds,
    });
  }

  /** How this one proves itself when it is honest. */
  get #honest(): Proof {
    return this.username === OAUTH_KEY.kid ? 'token' : 'sha1';
  }

  /** Looks at what the server answered: the nonce, and what it gave. */
  learn(answers: ServerShell['answers']): void {
    for (const { leg, bytes } of answers) {
      const answer = leg.id === this.leg.id ? decodeMessage(bytes) : undefined;
      if (!answer) continue;
      this.nonce = answer.get(StunAttribute.NONCE)?.slice() ?? this.nonce;
      this.algorithms = answer.get(StunAttribute.PASSWORD_ALGORITHMS)?.slice() ?? this.algorithms;
      for (const type of [
        TurnAttribute.MOBILITY_TICKET,
        TurnAttribute.RESERVATION_TOKEN,
        TurnAttribute.CONNECTION_ID,
      ]) {
        const value = answer.get(type);
        if (value && value.length > 0) this.gifts.set(type, value.slice());
      }
    }
  }

  /** One honest request. */
  ask(method: number, fill: (writer: MessageWriter) => void): void {
    const writer = new MessageWriter(method, MessageClass.REQUEST, this.newId());
    fill(writer);
    this.seal(writer, this.#honest);
    this.#shell.say(this.leg, writer.finish());
    this.learn(this.#shell.answers);
  }

  /** Makes sure that there is something to damage: an allocation with two permitted peers and two channels. */
  settleDown(peers: readonly SocketAddress[]): void {
    if (this.#shell.allocations.has(this.leg.id)) return;
    if (this.#shell.gone.has(this.leg.id)) this.newLeg();
    const protocol = isReliable(this.leg) ? 6 : 17;
    // At first, and when the nonce is stale, it is said twice.
    for (let i = 0; i < 2 && !this.#shell.allocations.has(this.leg.id); i++) {
      this.ask(TurnMethod.ALLOCATE, (writer) => {
        writer.attribute(TurnAttribute.REQUESTED_TRANSPORT, Uint8Array.of(protocol, 0, 0, 0));
        if (protocol === 17) writer.flag(TurnAttribute.MOBILITY_TICKET);
      });
    }
    for (const [i, peer] of peers.entries()) {
      this.ask(TurnMethod.CREATE_PERMISSION, (writer) =>
        writer.xorAddress(TurnAttribute.XOR_PEER_ADDRESS, peer),
      );
      if (protocol === 6) {
        this.ask(TurnMethod.CONNECT, (writer) => writer.xorAddress(TurnAttribute.XOR_PEER_ADDRESS, peer));
        continue;
      }
      this.ask(TurnMethod.CHANNEL_BIND, (writer) =>
        writer
          .attribute(TurnAttribute.CHANNEL_NUMBER, Uint8Array.of(0x40, i, 0, 0))
          .xorAddress(TurnAttribute.XOR_PEER_ADDRESS, peer),
      );
    }
  }
}
