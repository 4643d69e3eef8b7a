/**
 * A session description as data: the lines of SDP in their places. Knows the grammar of lines, not what attributes
 * mean: those stay as name and value, in order, so that what we do not know survives. RFC 8866 §5.
 */

/** `a=name` or `a=name:value`. */
export interface Attribute {
  readonly name: string;
  /** Absent for a property attribute such as `a=rtcp-mux`. */
  readonly value?: string | undefined;
}

/** `o=`. RFC 8866 §5.2. */
export interface Origin {
  readonly username: string;
  /** Decimal digits: it may exceed what a number holds exactly. RFC 9429 §5.2.1 asks for 63 bits. */
  readonly sessionId: string;
  readonly sessionVersion: string;
  readonly netType: string;
  readonly addrType: string;
  readonly address: string;
}

/** `c=`. RFC 8866 §5.7. */
export interface Connection {
  readonly netType: string;
  readonly addrType: string;
  readonly address: string;
}

/** `b=`. RFC 8866 §5.8. `AS` in kbit/s, `TIAS` in bit/s (RFC 3890). */
export interface Bandwidth {
  readonly type: string;
  readonly value: number;
}

/** `t=`, with its `r=` and `z=` lines as they stand. RFC 8866 §5.9 … §5.11. Zero and zero: always. */
export interface Timing {
  readonly start: string;
  readonly stop: string;
  readonly repeats: readonly string[];
  readonly zones: string | undefined;
}

/** `m=` and what belongs to it. RFC 8866 §5.14. */
export interface MediaDescription {
  readonly kind: string;
  /** 0 … 65535. Zero rejects the section, or says that it is bundled when `a=bundle-only` stands with it. */
  readonly port: number;
  /** `m=audio 9/2 …`. */
  readonly portCount: number | undefined;
  readonly protocol: string;
  /** Payload types, or `webrtc-datachannel`. At least one. */
  readonly formats: readonly string[];
  readonly title: string | undefined;
  readonly connections: readonly Connection[];
  readonly bandwidths: readonly Bandwidth[];
  readonly attributes: readonly Attribute[];
}

export interface SessionDescription {
  readonly origin: Origin;
  readonly name: string;
  readonly title: string | undefined;
  readonly uri: string | undefined;
  readonly emails: readonly string[];
  readonly phones: readonly string[];
  readonly connection: Connection | undefined;
  readonly bandwidths: readonly Bandwidth[];
  readonly timings: readonly Timing[];
  readonly attributes: readonly Attribute[];
  readonly media: readonly MediaDescription[];
}

/** Whoever carries attributes: the session, or one media section. */
export type Section = Pick<SessionDescription, 'attributes'> | Pick<MediaDescription, 'attributes'>;

/** The value of the first attribute of this name; `''` for one without a value, `undefined` when there is none. */
export function attributeOf(section: Section, name: string): string | undefined {
  const found = section.attributes.find((attribute) => attribute.name === name);
  return found && (found.value ?? '');
}

/** The values of every attribute of this name, in order. */
export function attributesOf(section: Section, name: string): string[] {
  return section.attributes
    .filter((attribute) => attribute.name === name)
    .map((attribute) => attribute.value ?? '');
}

export function hasAttribute(section: Section, name: string): boolean {
  return section.attributes.some((attribute) => attribute.name === name);
}

/** Of the media section, or of the session where the section says nothing. RFC 8839 §5.4, RFC 8122 §5. */
export function inheritedAttributeOf(
  session: SessionDescription,
  media: MediaDescription,
  name: string,
): string | undefined {
  return attributeOf(media, name) ?? attributeOf(session, name);
}

/** As `inheritedAttributeOf`, for attributes that may stand several times. */
export function inheritedAttributesOf(
  session: SessionDescription,
  media: MediaDescription,
  name: string,
): string[] {
  const own = attributesOf(media, name);
  return own.length > 0 ? own : attributesOf(session, name);
}
