/** Plays what others say and what their shared screens sound like. Draws only the button that some browsers need. */
import { signal } from '@preact/signals';
import { Volume2 } from 'lucide';
import { useEffect, useRef } from 'preact/hooks';
import { useSession } from '../ui/context.ts';
import { Icon } from '../ui/icon.tsx';
import { words } from '../words/words.ts';

/** The browser waits for a touch before it lets sound out (iOS, and after a reload elsewhere). */
const blocked = signal(false);

export function Sounds() {
  const { peers } = useSession().state.value;
  return (
    <>
      {peers.flatMap((peer) =>
        [peer.camera, peer.screen].map(
          (stream, index) =>
            stream &&
            stream.getAudioTracks().length > 0 && <Sound key={`${peer.id}${index}`} stream={stream} />,
        ),
      )}
      {blocked.value && <HearButton />}
    </>
  );
}

function Sound({ stream }: { stream: MediaStream }) {
  const { media } = useSession();
  const element = useRef<HTMLAudioElement>(null);
  const speaker = media.speakerId.value;
  useEffect(() => {
    const audio = element.current;
    if (!audio) return;
    audio.srcObject = stream;
    audio.play().catch((error: unknown) => {
      if (error instanceof Error && error.name === 'NotAllowedError') blocked.value = true;
    });
  }, [stream]);
  useEffect(() => {
    const audio = element.current;
    if (!audio || !speaker || !('setSinkId' in audio)) return;
    // A speaker that is gone leaves the sound where the system sends it.
    void audio.setSinkId(speaker).catch(() => undefined);
  }, [speaker]);
  // biome-ignore lint/a11y/useMediaCaption: live speech of a call has no caption track.
  return <audio ref={element} class="sound" autoplay />;
}

function HearButton() {
  const hear = (): void => {
    blocked.value = false;
    for (const audio of document.querySelectorAll<HTMLAudioElement>('audio.sound')) {
      void audio.play().catch(() => undefined); // Still blocked: the browser's own sign tells so.
    }
  };
  return (
    <button type="button" class="button button-primary hear" onClick={hear}>
      <Icon of={Volume2} />
      {words().tapToHear}
    </button>
  );
}
