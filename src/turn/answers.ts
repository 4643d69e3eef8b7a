/** How the TURN server's answers look. Decides nothing. RFC 8489 §6.3.1.1, §9.2.4. */
import type { CryptoProvider, IpFamily } from '../base/index.ts';
import { ERROR_REASONS, MessageClass, MessageWriter, StunAttribute } from '../stun/index.ts';
import type { Alternates } from './alternates.ts';
import { encodeAddressErrorCode, encodePlainAddress } from './attributes.ts';
import type { AuthenticatedUser } from './authenticator.ts';
import { TurnAttribute, TurnMethod } from './code-points.ts';
import type { Leg } from './leg.ts';
import type { Relay } from './relay.ts';

/** The part of a request that its answer repeats. */
export interface RequestId {
  readonly method: number;
  /** 12 bytes. */
  readonly transactionId: Uint8Array;
}

export class Answers {
  readonly #crypto: CryptoProvider;
  readonly #realm: string;
  readonly #software: string | undefined;

  constructor(crypto: CryptoProvider, realm: string, software: string | undefined) {
    this.#crypto = crypto;
    this.#realm = realm;
    this.#software = software;
  }

  /**
   * 401 or 438: REALM, NONCE, PASSWORD-ALGORITHMS (its value; empty: left out), THIRD-PARTY-AUTHORIZATION where tokens
   * are taken, and nothing that makes it longer: the source may be forged.
   */
  challenge(
    request: RequestId,
    code: 401 | 438,
    nonce: string,
    algorithms: Uint8Array,
    serverName: string | undefined,
  ): Uint8Array {
    const writer = new MessageWriter(request.method, MessageClass.ERROR, request.transactionId)
      .errorCode(code)
      .text(StunAttribute.REALM, this.#realm)
      .text(StunAttribute.NONCE, nonce);
    if (algorithms.length > 0) writer.attribute(StunAttribute.PASSWORD_ALGORITHMS, algorithms);
    if (serverName !== undefined) writer.text(StunAttribute.THIRD_PARTY_AUTHORIZATION, serverName);
    return writer.finish();
  }

  /** An error for someone unknown: without integrity and reason. */
  bareError(request: RequestId, code: number, unknown: readonly number[] = []): Uint8Array {
    const writer = new MessageWriter(request.method, MessageClass.ERROR, request.transactionId).errorCode(
      code,
    );
    if (unknown.length > 0) writer.unknownAttributes(unknown);
    return writer.finish();
  }

  error(
    request: RequestId,
    user: AuthenticatedUser,
    code: number,
    unknown: readonly number[] = [],
  ): Uint8Array {
    const writer = new MessageWriter(request.method, MessageClass.ERROR, request.transactionId).errorCode(
      code,
      ERROR_REASONS.get(code) ?? '',
    );
    if (unknown.length > 0) writer.unknownAttributes(unknown);
    return this.#seal(writer, request, user);
  }

  /** 300: ask over there. RFC 8489 §10. */
  tryAlternate(request: RequestId, user: AuthenticatedUser, { servers, domain }: Alternates): Uint8Array {
    const writer = new MessageWriter(request.method, MessageClass.ERROR, request.transactionId).errorCode(
      300,
      ERROR_REASONS.get(300) ?? '',
    );
    for (const server of servers) {
      writer.attribute(StunAttribute.ALTERNATE_SERVER, encodePlainAddress(server));
    }
    if (domain !== undefined) writer.text(StunAttribute.ALTERNATE_DOMAIN, domain);
    return this.#seal(writer, request, user);
  }

  /** `fill` adds what the method asks for. */
  success(
    request: RequestId,
    user: AuthenticatedUser,
    fill: (writer: MessageWriter) => void = () => {},
  ): Uint8Array {
    const writer = new MessageWriter(request.method, MessageClass.SUCCESS, request.transactionId);
    fill(writer);
    return this.#seal(writer, request, user);
  }

  /** RFC 8656 §7.2: the success response of Allocate. */
  allocated(
    transactionId: Uint8Array,
    user: AuthenticatedUser,
    leg: Leg,
    grant: {
      readonly relays: readonly Relay[];
      readonly lifetimeSeconds: number;
      readonly token: Uint8Array | undefined;
      /** MOBILITY-TICKET. RFC 8016 §3.1.2. */
      readonly ticket: Uint8Array | undefined;
      readonly failed: { readonly family: IpFamily; readonly code: 440 | 508 } | undefined;
    },
  ): Uint8Array {
    return this.success({ method: TurnMethod.ALLOCATE, transactionId }, user, (writer) => {
      for (const relay of grant.relays) writer.xorAddress(TurnAttribute.XOR_RELAYED_ADDRESS, relay.address);
      writer.u32(TurnAttribute.LIFETIME, grant.lifetimeSeconds);
      if (grant.token) writer.attribute(TurnAttribute.RESERVATION_TOKEN, grant.token);
      if (grant.ticket) writer.attribute(TurnAttribute.MOBILITY_TICKET, grant.ticket);
      writer.xorAddress(StunAttribute.XOR_MAPPED_ADDRESS, leg.client);
      if (grant.failed) {
        const { family, code } = grant.failed;
        writer.attribute(TurnAttribute.ADDRESS_ERROR_CODE, encodeAddressErrorCode(family, code));
      }
    });
  }

  #seal(writer: MessageWriter, request: RequestId, user: AuthenticatedUser): Uint8Array {
    const { method } = request;
    // RFC 8656 §5: SOFTWARE belongs into the answers to Allocate and Refresh.
    if (this.#software !== undefined && (method === TurnMethod.ALLOCATE || method === TurnMethod.REFRESH)) {
      writer.text(StunAttribute.SOFTWARE, this.#software);
    }
    // RFC 8489 §9.2.4: one of the two, and it depends on whether the request knew of PASSWORD-ALGORITHMS.
    if (user.integrity === 'sha256') writer.integritySha256(this.#crypto, user.key);
    else writer.integrity(this.#crypto, user.key);
    return writer.finish();
  }
}
