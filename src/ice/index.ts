/** Floor 3: connectivity as a machine. No I/O. RFC 8445. */
export type { IceRequest, IceTransmit, SocketFacts, SocketId } from './io.ts';
