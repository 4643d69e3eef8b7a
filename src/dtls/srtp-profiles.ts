/** SRTP protection profiles that can be negotiated, by their numbers. RFC 5764 §4.1.2, RFC 7714 §14.2. */

const IDS = {
  AEAD_AES_128_GCM: 0x0007,
  AEAD_AES_256_GCM: 0x0008,
  AES128_CM_HMAC_SHA1_80: 0x0001,
  AES128_CM_HMAC_SHA1_32: 0x0002,
} as const;

export type SrtpProfileName = keyof typeof IDS;

export function srtpProfileId(name: SrtpProfileName): number {
  return IDS[name];
}

/** The first of `preferred` that is among `offered`. */
export function chooseSrtpProfile(
  preferred: readonly SrtpProfileName[],
  offered: readonly number[],
): SrtpProfileName | undefined {
  return preferred.find((name) => offered.includes(IDS[name]));
}
