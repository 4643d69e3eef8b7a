/** Makes the real call: Socket.IO for signaling, the browser's RTCPeerConnection for media. */
import { Manager } from 'socket.io-client';
import {
  type Call,
  type CallOptions,
  createCall,
  type SeatStorage,
  socketIoOptions,
  socketIoTransport,
} from '../../../src/client/index.ts';

/** One seat for each tab; none where the browser forbids storage. */
function seatStorage(): SeatStorage | undefined {
  try {
    return window.sessionStorage;
  } catch {
    return undefined;
  }
}

/** The package declares its classes twice, for import and for require; they are one at run time. */
type Socket = Parameters<typeof socketIoTransport>[0];

export function connectCall(options: CallOptions): Call {
  const storage = seatStorage();
  const socket = new Manager(location.origin, socketIoOptions()).socket('/');
  return createCall(
    {
      transport: socketIoTransport(socket as unknown as Socket),
      createPeerConnection: (configuration) => new RTCPeerConnection(configuration),
      ...(storage ? { storage } : {}),
    },
    options,
  );
}
