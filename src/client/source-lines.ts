/**
 * Takes the `a=ssrc` and `a=ssrc-group` lines (RFC 5576) out of a description that comes after a rollback. Receivers
 * then tell the streams apart by the MID header extension (RFC 9143 §9.2), as they can anyway.
 *
 * Why it must stay: when Chromium (seen in 156) rolls back an offer it tears its receiving streams down, and connects a
 * decoder to its track again only if the SSRC is another one than before. With the same SSRC it decodes on and shows a
 * frozen picture for the rest of the call. Without the lines the SSRC is unknown at first, so it connects.
 */
export function withoutSources(description: RTCSessionDescriptionInit): RTCSessionDescriptionInit {
  const sdp = description.sdp?.replace(/^a=ssrc(-group)?:.*\r?\n/gm, '');
  return sdp === undefined ? description : { type: description.type, sdp };
}
