/** The ICE credentials and options of a section. RFC 8839 §5.3 … §5.6, trickle: RFC 8840 §4. */
import {
  attributesOf,
  hasAttribute,
  inheritedAttributeOf,
  type MediaDescription,
  type SessionDescription,
} from './description.ts';

export interface IceParameters {
  /** 4 … 256 characters. */
  readonly usernameFragment: string;
  /** 22 … 256 characters. */
  readonly password: string;
  /** RFC 8839 §5.3: the whole session is one of a lite agent. */
  readonly lite: boolean;
  /** `trickle` and its like. RFC 8839 §5.6: of session and section together. */
  readonly options: readonly string[];
}

const ICE_CHARACTERS = /^[A-Za-z0-9+/]+$/;

/** `undefined` when a credential is missing or has another form: then there is no transport. */
export function iceParametersOf(
  session: SessionDescription,
  media: MediaDescription,
): IceParameters | undefined {
  const usernameFragment = inheritedAttributeOf(session, media, 'ice-ufrag');
  const password = inheritedAttributeOf(session, media, 'ice-pwd');
  if (!isIceText(usernameFragment, 4) || !isIceText(password, 22)) return undefined;
  const options = [...attributesOf(session, 'ice-options'), ...attributesOf(media, 'ice-options')];
  return {
    usernameFragment,
    password,
    lite: hasAttribute(session, 'ice-lite'),
    options: [...new Set(options.flatMap((value) => value.split(/ +/)).filter((word) => word !== ''))],
  };
}

/** RFC 8839 §5.4: receivers accept up to 256 characters. */
function isIceText(text: string | undefined, least: number): text is string {
  return text !== undefined && text.length >= least && text.length <= 256 && ICE_CHARACTERS.test(text);
}
