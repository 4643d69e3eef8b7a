/** Remote descriptions in the form in which other stacks write theirs: the facts of their formats, with values made up here. */

/** CRLF behind each line. */
export function sdpOf(...lines: readonly string[]): string {
  return lines.map((line) => `${line}\r\n`).join('');
}

export const FINGERPRINT = `sha-256 ${Array.from({ length: 32 }, () => 'AB').join(':')}`;
const SHA_384 = `sha-384 ${Array.from({ length: 48 }, () => '01').join(':')}`;
const SHA_512 = `sha-512 ${Array.from({ length: 64 }, () => '02').join(':')}`;

const CHROMIUM_SESSION = ['v=0', 'o=- 5813547892374613243 2 IN IP4 127.0.0.1', 's=-', 't=0 0'] as const;

const CHROMIUM_TRANSPORT = [
  'a=ice-ufrag:4ZcD',
  'a=ice-pwd:2/1muCWoOi3uLifh0NuRHlqw',
  'a=ice-options:trickle',
  `a=fingerprint:${FINGERPRINT}`,
  'a=setup:actpass',
] as const;

export const CHROMIUM_DATA_OFFER = sdpOf(
  ...CHROMIUM_SESSION,
  'a=group:BUNDLE 0',
  'a=extmap-allow-mixed',
  'a=msid-semantic: WMS',
  'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
  'c=IN IP4 0.0.0.0',
  ...CHROMIUM_TRANSPORT,
  'a=mid:0',
  'a=sctp-port:5000',
  'a=max-message-size:262144',
);

function chromiumMedia(kind: string, mid: string, port: number, format: string, rtpmap: string): string[] {
  return [
    `m=${kind} ${port} UDP/TLS/RTP/SAVPF ${format}`,
    'c=IN IP4 0.0.0.0',
    'a=rtcp:9 IN IP4 0.0.0.0',
    ...CHROMIUM_TRANSPORT,
    `a=mid:${mid}`,
    'a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid',
    ...(port === 0 ? ['a=bundle-only'] : []),
    'a=sendrecv',
    'a=msid:- 6b2c3a2e-5a2b-4a0e-8a56-0c0c0e9f7d10',
    'a=rtcp-mux',
    `a=rtpmap:${format} ${rtpmap}`,
    'a=ssrc:2390185712 cname:Zj2p7bM8F0c0v1sA',
  ];
}

/** Camera, microphone and a data channel; every section has an address of its own until they are bundled. */
export const CHROMIUM_MEDIA_OFFER = sdpOf(
  ...CHROMIUM_SESSION,
  'a=group:BUNDLE 0 1 2',
  'a=extmap-allow-mixed',
  'a=msid-semantic: WMS',
  ...chromiumMedia('audio', '0', 9, '111', 'opus/48000/2'),
  ...chromiumMedia('video', '1', 9, '96', 'VP8/90000'),
  'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
  'c=IN IP4 0.0.0.0',
  ...CHROMIUM_TRANSPORT,
  'a=mid:2',
  'a=sctp-port:5000',
  'a=max-message-size:262144',
);

/** The same with the policy max-bundle: only the first section has an address. */
export const CHROMIUM_MAX_BUNDLE_OFFER = sdpOf(
  ...CHROMIUM_SESSION,
  'a=group:BUNDLE 0 1',
  ...chromiumMedia('audio', '0', 9, '111', 'opus/48000/2'),
  'm=application 0 UDP/DTLS/SCTP webrtc-datachannel',
  'c=IN IP4 0.0.0.0',
  'a=bundle-only',
  'a=mid:1',
  'a=sctp-port:5000',
  'a=max-message-size:262144',
);

/** Session-level fingerprint and options, a mid, `a=sendrecv` with data. */
export const FIREFOX_DATA_OFFER = sdpOf(
  'v=0',
  'o=mozilla...THIS_IS_SDPARTA-99.0 3297168423345436781 0 IN IP4 0.0.0.0',
  's=-',
  't=0 0',
  'a=sendrecv',
  `a=fingerprint:${FINGERPRINT}`,
  'a=group:BUNDLE 0',
  'a=ice-options:trickle',
  'a=msid-semantic:WMS *',
  'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
  'c=IN IP4 0.0.0.0',
  'a=sendrecv',
  'a=ice-pwd:3a9d5ac56a0b1d8d4f0fd4b1f3dd9a2b',
  'a=ice-ufrag:5f2a41d9',
  'a=mid:0',
  'a=setup:actpass',
  'a=sctp-port:5000',
  'a=max-message-size:1073741823',
);

/** Before 2019: the older form of SCTP, no BUNDLE with one section. */
export const LEGACY_DATA_OFFER = sdpOf(
  'v=0',
  'o=mozilla...THIS_IS_SDPARTA-52.0 4648475892259889561 0 IN IP4 0.0.0.0',
  's=-',
  't=0 0',
  'a=sendrecv',
  `a=fingerprint:${FINGERPRINT}`,
  'a=group:BUNDLE sdparta_0',
  'a=ice-options:trickle',
  'a=msid-semantic:WMS *',
  'm=application 9 DTLS/SCTP 5000',
  'c=IN IP4 0.0.0.0',
  'a=sendrecv',
  'a=ice-pwd:ff4c4dc6fe92e1f22d2c10352d8967d5',
  'a=ice-ufrag:539544ca',
  'a=mid:sdparta_0',
  'a=sctpmap:5000 webrtc-datachannel 256',
  'a=setup:actpass',
);

export const SAFARI_DATA_OFFER = sdpOf(
  'v=0',
  'o=- 7410346834729865401 2 IN IP4 127.0.0.1',
  's=-',
  't=0 0',
  'a=group:BUNDLE 0',
  'a=extmap-allow-mixed',
  'a=msid-semantic: WMS',
  'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
  'c=IN IP4 0.0.0.0',
  ...CHROMIUM_TRANSPORT,
  'a=mid:0',
  'a=sctp-port:5000',
  'a=max-message-size:262144',
);

/** No trickle: every candidate stands in the text. Three hash functions, the older form of SCTP. */
export const AIORTC_OFFER = sdpOf(
  'v=0',
  'o=- 3872518734 3872518734 IN IP4 0.0.0.0',
  's=-',
  't=0 0',
  'a=group:BUNDLE 0',
  'a=msid-semantic:WMS *',
  'm=application 45211 DTLS/SCTP 5000',
  'c=IN IP4 192.0.2.10',
  'a=mid:0',
  'a=sctpmap:5000 webrtc-datachannel 65535',
  'a=max-message-size:65536',
  'a=candidate:2d4fd8f1ec7cd9e7d1a1a0b2c3d4e5f6 1 udp 2130706431 192.0.2.10 45211 typ host',
  'a=candidate:0a1b2c3d4e5f60718293a4b5c6d7e8f9 1 udp 1694498815 203.0.113.7 45211 typ srflx raddr 192.0.2.10 rport 45211',
  'a=end-of-candidates',
  'a=ice-ufrag:pD1c',
  'a=ice-pwd:cE6o0YHRBnGtBGAwGlRExV',
  `a=fingerprint:${FINGERPRINT}`,
  `a=fingerprint:${SHA_384}`,
  `a=fingerprint:${SHA_512}`,
  'a=setup:actpass',
);

export const PION_OFFER = sdpOf(
  'v=0',
  'o=- 4215775240449105457 1700000000 IN IP4 0.0.0.0',
  's=-',
  't=0 0',
  'a=msid-semantic:WMS*',
  `a=fingerprint:${FINGERPRINT}`,
  'a=extmap-allow-mixed',
  'a=group:BUNDLE 0',
  'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
  'c=IN IP4 0.0.0.0',
  'a=setup:actpass',
  'a=mid:0',
  'a=sendrecv',
  'a=sctp-port:5000',
  'a=max-message-size:1073741823',
  'a=ice-ufrag:yRXnwzKgDyqEPuFm',
  'a=ice-pwd:qUlyuPFDkXQqmvAjXwCvzBwBUGcHNPOa',
);

export const WERIFT_OFFER = sdpOf(
  'v=0',
  'o=- 48162342 0 IN IP4 0.0.0.0',
  's=-',
  't=0 0',
  'a=group:BUNDLE 0',
  'a=extmap-allow-mixed',
  'a=msid-semantic:WMS *',
  'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
  'c=IN IP4 0.0.0.0',
  'a=ice-ufrag:a1b2',
  'a=ice-pwd:abcdefghijklmnopqrstuv',
  'a=ice-options:trickle',
  `a=fingerprint:${FINGERPRINT}`,
  'a=setup:actpass',
  'a=mid:0',
  'a=sctp-port:5000',
  'a=max-message-size:65536',
);

/** Session-level setup and credentials, `ice2`, no mid but `data`. */
export const LIBDATACHANNEL_OFFER = sdpOf(
  'v=0',
  'o=rtc 3767197920 0 IN IP4 127.0.0.1',
  's=-',
  't=0 0',
  'a=group:BUNDLE 0',
  'a=group:LS 0',
  'a=msid-semantic:WMS *',
  'a=ice-options:ice2,trickle',
  `a=fingerprint:${FINGERPRINT}`,
  'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
  'c=IN IP4 0.0.0.0',
  'a=mid:0',
  'a=sendrecv',
  'a=sctp-port:5000',
  'a=max-message-size:262144',
  'a=setup:actpass',
  'a=ice-ufrag:mXbY',
  'a=ice-pwd:FGTQzC3w4nXcpSGhdQ2bZE',
);

/** An SFU: lite, one port, knows who connects. */
export const LITE_OFFER = sdpOf(
  'v=0',
  'o=- 10000 1 IN IP4 0.0.0.0',
  's=-',
  't=0 0',
  'a=ice-lite',
  `a=fingerprint:${FINGERPRINT}`,
  'a=setup:actpass',
  'a=msid-semantic: WMS *',
  'a=group:BUNDLE 0',
  'm=application 7 UDP/DTLS/SCTP webrtc-datachannel',
  'c=IN IP4 127.0.0.1',
  'a=mid:0',
  'a=ice-ufrag:hyi9c2sd',
  'a=ice-pwd:9yq6sjqf3l8c2yf4xx4b9kzj3o1p5r7t',
  'a=candidate:udpcandidate 1 udp 1076302079 192.0.2.20 40000 typ host',
  'a=end-of-candidates',
  'a=sctp-port:5000',
  'a=max-message-size:262144',
);
