/** Certificates for tests: one of each kind, made once per process. */
import type { SignatureKeyKind } from '../../../src/base/index.ts';
import type { DtlsIdentity } from '../../../src/dtls/index.ts';
import { createSelfSigned, nodeRandom } from '../../../src/node/index.ts';

const DAY_MS = 86_400_000;

function make(kind: SignatureKeyKind): DtlsIdentity {
  const now = Date.now();
  const { certificate, key } = createSelfSigned(nodeRandom, {
    kind,
    commonName: `${kind}.test`,
    notBefore: now - DAY_MS,
    notAfter: now + DAY_MS,
  });
  return { chain: [certificate], key };
}

export const IDENTITIES: Readonly<Record<SignatureKeyKind, DtlsIdentity>> = {
  ecdsa: make('ecdsa'),
  rsa: make('rsa'),
};
