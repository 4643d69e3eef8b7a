/** All that is fuzzed. */
import { dataChannels } from './channels-target.ts';
import { turnClient } from './client-target.ts';
import { channelDataCodec, streamFramer, stunCodec } from './codec-targets.ts';
import { dtlsConnection } from './dtls-target.ts';
import { iceGatherer } from './gather-target.ts';
import { iceAgent } from './ice-target.ts';
import { negotiation } from './negotiation-target.ts';
import { peerSession } from './peer-target.ts';
import { sctpAssociation } from './sctp-target.ts';
import { turnServer } from './server-target.ts';
import type { FuzzTarget } from './target.ts';

export const TARGETS: readonly FuzzTarget[] = [
  stunCodec,
  streamFramer,
  channelDataCodec,
  turnServer,
  turnClient,
  dtlsConnection,
  sctpAssociation,
  iceAgent,
  iceGatherer,
  negotiation,
  dataChannels,
  peerSession,
];
