/** Floor 6: the shell around the machines in a Node process: clock, randomness, sockets, addresses. */

export { isFastCipher } from './aead.ts';
export {
  type BatchCheck,
  Bell,
  checkBatches,
  DatagramPost,
  ErrorQueue,
  HEADROOM_BYTES,
  isKernel,
  isName,
  type Kernel,
  KernelMemory,
  NameCache,
  type NameWords,
  type NoKernel,
  openKernel,
  Poller,
  type PostedSocket,
  ReceiveSlots,
  readName,
  Segmentation,
  type SendCounts,
  type SendError,
  SendList,
  sendDatagram,
  TcpDescriptors,
  TcpStreams,
  UdpDescriptors,
  wordsOf,
  writeName,
  writeWords,
} from './batch/index.ts';
export { type DatagramFacts, datagramFacts } from './batched-udp.ts';
export { type BindErrorCode, bindError, systemCodeOf } from './bind-error.ts';
export { monotonicNow } from './clock.ts';
export { nodeCrypto } from './crypto.ts';
export { type Driver, type DriverOptions, driveMachine } from './driver.ts';
export { nodeEnv } from './env.ts';
export { type AddressScope, type OwnAddress, ownAddresses, scopeOf } from './interfaces.ts';
export { readPemIdentity } from './pem-identity.ts';
export { plainBytes } from './plain-bytes.ts';
export { announceName, createNodePlatform, type NodePlatformOptions, nodePlatform } from './platform.ts';
export { nodeRandom } from './random.ts';
export { createSelfSigned, type SelfSigned, type SelfSignedOptions } from './self-signed.ts';
export { createSigningKey } from './signatures.ts';
export type { CertificateFacts } from './turn/certificate-facts.ts';
export type { SecureFacts } from './turn/pipe.ts';
export { openTurnLink, TurnLink, TurnLinkError, type TurnLinkOptions } from './turn/turn-link.ts';
export { bindUdp, type UdpCounts, type UdpOptions, type UdpSocket } from './udp.ts';
