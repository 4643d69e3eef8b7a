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

export function connectCall(options: CallOptions): Call {
  const storage = seatStorage();
  const socket = new Manager(location.origin, socketIoOptions()).socket('/');
  return createCall(
    {
      transport: socketIoTransport(socket),
      createPeerConnection: (configuration) => new RTCPeerConnection(configuration),
      ...(storage ? { storage } : {}),
    },
    options,
  );
}
