/** Camera, microphone and speaker to choose from; the same before and in the call. */
import { Volume2 } from 'lucide';
import { useState } from 'preact/hooks';
import { keepPreferences } from '../app/preferences.ts';
import { canChooseSpeaker, devices } from '../media/devices.ts';
import { words } from '../words/words.ts';
import { Choice, type Option } from './choice.tsx';
import { useSession } from './context.ts';
import { Icon } from './icon.tsx';

function optionsOf(found: readonly MediaDeviceInfo[], kind: string, empty: string): readonly Option[] {
  if (found.length === 0) return [{ value: '', label: empty }];
  const w = words();
  return found.map((device, index) => ({
    value: device.deviceId,
    label: device.label || w.unnamedDevice(kind, index + 1),
  }));
}

/** The open track tells which device it is; the wish stands in until there is one. */
const current = (track: MediaStreamTrack | null, wish: string | undefined): string =>
  track?.getSettings().deviceId ?? wish ?? '';

export function DeviceChoices() {
  const { media } = useSession();
  const w = words();
  const { cameras, microphones, speakers } = devices.value;
  return (
    <div class="stack">
      <Choice
        label={w.camera}
        options={optionsOf(cameras, w.camera, media.camera.value ? w.defaultDevice : w.noDevice)}
        value={current(media.camera.value, media.cameraId.value)}
        disabled={cameras.length === 0}
        onChoose={(cameraId) => {
          keepPreferences({ cameraId });
          void media.chooseCamera(cameraId);
        }}
      />
      <Choice
        label={w.microphone}
        options={optionsOf(microphones, w.microphone, media.microphone.value ? w.defaultDevice : w.noDevice)}
        value={current(media.microphone.value, media.microphoneId.value)}
        disabled={microphones.length === 0}
        onChoose={(microphoneId) => {
          keepPreferences({ microphoneId });
          void media.chooseMicrophone(microphoneId);
        }}
      />
      <div class="with-action">
        <Choice
          label={w.speaker}
          options={
            canChooseSpeaker() && speakers.length > 0
              ? optionsOf(speakers, w.speaker, w.systemSpeaker)
              : [{ value: '', label: w.systemSpeaker }]
          }
          value={media.speakerId.value ?? speakers[0]?.deviceId ?? ''}
          disabled={!canChooseSpeaker() || speakers.length === 0}
          onChoose={(speakerId) => {
            keepPreferences({ speakerId });
            media.speakerId.value = speakerId;
          }}
        />
        <SpeakerTest />
      </div>
    </div>
  );
}

function SpeakerTest() {
  const { media } = useSession();
  const [playing, setPlaying] = useState(false);
  const w = words();
  const play = (): void => {
    setPlaying(true);
    // Loaded when somebody wants to hear it; without a connection there is nothing to hear.
    import('../media/test-tone.ts')
      .then(({ playTestTone }) => playTestTone(media.speakerId.value))
      .catch(() => undefined)
      .finally(() => setPlaying(false));
  };
  return (
    <button
      type="button"
      class="button button-quiet button-icon"
      aria-label={playing ? w.testPlaying : w.testSpeaker}
      title={w.testSpeaker}
      aria-disabled={playing}
      onClick={playing ? undefined : play}
    >
      <Icon of={Volume2} />
    </button>
  );
}
