/** One visit of one person: the call, its state as a signal, the local media, and the wishes of the page. */
import { batch, computed, effect, type ReadonlySignal, type Signal, signal } from '@preact/signals';
import type { Call, CallState } from '../../../src/client/index.ts';
import { wakeAudio } from '../media/level-meter.ts';
import { LocalMedia } from '../media/local-media.ts';
import { words } from '../words/words.ts';
import type { PageParameters } from './parameters.ts';
import { keepPreferences, type Preferences } from './preferences.ts';
import { go, route } from './route.ts';

export type EndReason = NonNullable<CallState['out']>;

/** What a new room is to be; a private, open one when nothing was said. */
export type RoomWish = Parameters<Call['createRoom']>[0];

export type View = 'home' | 'pre-join' | 'room' | 'left';

/** A refusal, as its stable code. */
export interface Refusal {
  readonly code: string;
}

export const codeOf = (error: unknown): string => {
  const code = typeof error === 'object' && error !== null ? Reflect.get(error, 'code') : undefined;
  return typeof code === 'string' ? code : 'UNKNOWN';
};

export class Session {
  readonly call: Call;
  readonly media: LocalMedia;
  readonly parameters: PageParameters;
  readonly state: ReadonlySignal<CallState>;
  readonly name: Signal<string>;
  readonly wish = signal<RoomWish>({ visibility: 'private' });
  /** Why the last try to enter was refused. */
  readonly refusal = signal<Refusal | undefined>(undefined);
  readonly entering = signal(false);
  /** The stay that has just ended, until one moves on. */
  readonly ended = signal<{ readonly reason: EndReason; readonly room: string | undefined } | undefined>(
    undefined,
  );
  readonly view: ReadonlySignal<View>;
  #lastRoom: string | undefined;

  constructor(call: Call, parameters: PageParameters, preferences: Preferences) {
    this.call = call;
    this.parameters = parameters;
    this.name = signal(parameters.name ?? preferences.name);
    this.media = new LocalMedia({
      ...preferences,
      videoHeight: parameters.videoHeight,
      audio: parameters.audio,
    });
    const state = signal(call.state);
    this.state = state;
    call.subscribe((next) => {
      const before = state.peek();
      batch(() => {
        state.value = next;
        this.#follow(before, next);
      });
    });
    this.view = computed(() => {
      if (state.value.phase === 'in-room') return 'room';
      if (this.ended.value) return 'left';
      return route.value.kind === 'home' ? 'home' : 'pre-join';
    });
    this.#sendMedia();
    this.#followAddress();
    this.#followNetwork();
    call.connect();
  }

  /** Enters the room of the address, or makes the wished one. Refusals land in `refusal`. */
  async enter(passcode?: string): Promise<void> {
    if (this.entering.peek()) return;
    const where = route.peek();
    const name = this.name.peek().trim();
    wakeAudio();
    this.entering.value = true;
    this.refusal.value = undefined;
    this.call.dismissError();
    try {
      keepPreferences({ name, microphoneOn: !this.media.muted.peek(), cameraOn: this.media.cameraWanted });
      if (name !== this.call.state.name) await this.call.rename(name);
      if (where.kind === 'room') await this.call.joinRoom(where.id, passcode ? { passcode } : {});
      else await this.call.createRoom(this.wish.peek());
    } catch (error) {
      this.refusal.value = { code: codeOf(error) };
    } finally {
      this.entering.value = false;
    }
  }

  /** Leaves the call, or the door one waits at. */
  leave(): void {
    // The person is out at once; the server learns it now or when the seat's time is over.
    this.call.leaveRoom().catch(() => undefined);
  }

  /** From the page after the call. */
  moveOn(to: 'again' | 'new' | 'home'): void {
    const room = this.ended.peek()?.room;
    batch(() => {
      this.ended.value = undefined;
      this.refusal.value = undefined;
      if (to === 'again' && room) go({ kind: 'room', id: room });
      else this.begin(to === 'new' ? { visibility: 'private' } : undefined);
    });
  }

  /** To the pre-join page of a new room; without a wish, home. */
  begin(wish: RoomWish | undefined): void {
    if (wish) this.wish.value = wish;
    go({ kind: wish ? 'new' : 'home' });
  }

  #follow(before: CallState, next: CallState): void {
    if (next.room && next.phase === 'in-room') {
      this.#lastRoom = next.room.id;
      const here = route.peek();
      if (here.kind !== 'room' || here.id !== next.room.id) go({ kind: 'room', id: next.room.id }, 'replace');
    }
    if (next.phase === 'in-room') {
      this.ended.value = undefined;
      this.refusal.value = undefined;
    } else if (before.phase !== 'left' && next.phase === 'left') {
      // Giving up at the door is no call that ended: one stays on the pre-join page.
      const gaveUp = before.phase === 'waiting' && (next.out ?? 'left') === 'left';
      if (!gaveUp) {
        this.ended.value = { reason: next.out ?? 'left', room: this.#lastRoom ?? this.#addressedRoom() };
        this.media.close();
      }
    }
  }

  #addressedRoom(): string | undefined {
    const here = route.peek();
    return here.kind === 'room' ? here.id : undefined;
  }

  /** The one place where local media become what others get. */
  #sendMedia(): void {
    const { media, call } = this;
    effect(() => call.setTrack('camera', media.camera.value));
    effect(() => call.setTrack('microphone', media.microphone.value));
    effect(() => call.setTrack('screen', media.screen.value?.video ?? null));
    effect(() => call.setTrack('screen-audio', media.screen.value?.audio ?? null));
    effect(() => call.setMicrophoneMuted(media.muted.value));
  }

  /** Going back in the browser leaves the room; being outside lets go of the devices. */
  #followAddress(): void {
    effect(() => {
      const here = route.value;
      const { phase, room } = this.call.state;
      const elsewhere = here.kind !== 'room' || here.id !== room?.id;
      if (elsewhere && (phase === 'in-room' || phase === 'waiting') && here.kind !== 'new') this.leave();
      if (here.kind === 'home' && phase !== 'in-room') this.media.close();
    });
    effect(() => {
      document.title =
        this.view.value === 'room' ? `${this.state.value.room?.title || '이음'} · Ieum` : '이음 Ieum';
    });
  }

  #followNetwork(): void {
    // A page that is reloaded finds its place again; one that is only laid aside goes on.
    addEventListener('pagehide', (event) => {
      if (!event.persisted) this.call.close({ keepSeat: true });
    });
    addEventListener('online', () => this.call.networkChanged());
    const connection: unknown = Reflect.get(navigator, 'connection');
    if (connection instanceof EventTarget) {
      connection.addEventListener('change', () => this.call.networkChanged());
    }
    // Touches and keys start the sound meters where the browser waits for one.
    addEventListener('pointerdown', wakeAudio, { passive: true });
    addEventListener('keydown', wakeAudio);
  }

  /** For the guest name of a connection before a name was given. */
  static connectionName(parameters: PageParameters, preferences: Preferences): string {
    return parameters.name ?? (preferences.name || words().guest);
  }
}
