/** A participant in a room without a browser: our signaling, our peer connections, data alone. */
import { Manager } from 'socket.io-client';
import { StackError } from '../../base/index.ts';
import { type Call, createCall, socketIoOptions, socketIoTransport } from '../../client/index.ts';
import { RTCPeerConnection } from '../../node/webrtc/index.ts';
import type { Call as CommandCall, OwnFlags } from '../command.ts';
import { type ConnectionHandlers, ConnectionWatch } from './connection-watch.ts';
import { type Invitation, parseInvitation, parseOrigin, parsePin } from './invitation.ts';
import { type TrustedServer, trustServer } from './server-trust.ts';

/** What every command that joins a room takes. */
export const PARTICIPANT_FLAGS = {
  server: {
    placeholder: 'URL',
    help: 'the Ieum server; a link names its own. Default: the one on this machine (at --port)',
  },
  pin: {
    placeholder: 'SHA256',
    help: 'the fingerprint of its certificate, where no authority vouches for it',
  },
  ca: { placeholder: 'FILE', help: 'an authority to trust besides the usual ones, in PEM (URL/ca.crt)' },
  insecure: { placeholder: '', help: 'believe whoever answers' },
  relay: { placeholder: '', help: 'through the relay only' },
  name: { placeholder: 'TEXT', help: 'how others see you' },
} as const satisfies OwnFlags;

const WELCOME_WITHIN_MS = 15_000;

export interface Participant {
  readonly call: Call;
  readonly server: TrustedServer;
  /** Leaves the room and closes everything. */
  close(): Promise<void>;
}

export interface ParticipantOptions {
  /** Unless `--name` says another. */
  readonly name: string;
  /** Of a link; `undefined`: the server is named by flags or is the local one. */
  readonly invitation: Invitation | undefined;
  /** Before anything is negotiated: the time to make channels. One for each person, and a new one when that has failed. */
  readonly onConnection?: (connection: RTCPeerConnection) => ConnectionHandlers;
}

export function invitationOf({ operands }: Pick<CommandCall, 'operands'>): Invitation {
  return parseInvitation(operands[0] ?? '');
}

/** Resolves when the server has said welcome. Rejects with a StackError whose message is for the user. */
export async function openParticipant(
  { loaded, flags }: CommandCall,
  { name, invitation, onConnection }: ParticipantOptions,
): Promise<Participant> {
  const { port } = loaded.settings;
  const named = flags.server === undefined ? undefined : parseOrigin(String(flags.server));
  const server = await trustServer(invitation?.origin ?? named ?? `https://localhost:${port}`, {
    pin: flags.pin === undefined ? invitation?.pin : parsePin(String(flags.pin)),
    caFile: flags.ca === undefined ? undefined : String(flags.ca),
    insecure: flags.insecure === true,
  });
  const socket = new Manager(server.origin, { ...socketIoOptions(), agent: agentOption(server) }).socket('/');
  const watch = new ConnectionWatch();
  const call = createCall(
    {
      transport: socketIoTransport(socket),
      createPeerConnection: (configuration: ConstructorParameters<typeof RTCPeerConnection>[0]) => {
        const connection = new RTCPeerConnection(configuration);
        if (onConnection) watch.add(connection, onConnection(connection));
        return connection;
      },
    },
    {
      name: flags.name === undefined ? name : String(flags.name),
      icePolicy: flags.relay === true ? 'relay' : 'all',
      dataOnly: true,
    },
  );
  const stopWatching = call.subscribe(() => watch.look());
  const close = async (): Promise<void> => {
    stopWatching();
    call.close();
    // What was said last is on its way through the event loop.
    await new Promise((resolve) => setTimeout(resolve, 100));
    server.agent.destroy();
  };
  try {
    await welcomed(call, server.origin);
  } catch (error) {
    await close();
    throw error;
  }
  return { call, server, close };
}

/** The types of the client know the browser's word for it only; in Node it is what `https.request` takes. */
function agentOption({ agent }: TrustedServer): never {
  return agent as never;
}

function welcomed(call: Call, origin: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      stop();
      reject(
        new StackError(
          'SERVER_UNREACHABLE',
          `${origin} answers, but not as an Ieum server; look at --server.`,
        ),
      );
    }, WELCOME_WITHIN_MS);
    const stop = call.subscribe(({ signaling, error }) => {
      if (signaling.status !== 'connected' && !error) return;
      clearTimeout(timer);
      stop();
      if (error) reject(new StackError(error.code, error.message));
      else resolve();
    });
    call.connect();
  });
}
